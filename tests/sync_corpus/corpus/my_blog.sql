-- source: mysql mariadb
-- trait: A blog: zero dates as defaults, BIGINT UNSIGNED keys, LONGTEXT, indexes on prefixes, keys of 191 characters.
SET sql_mode = '';
CREATE TABLE bl_posts (ID bigint(20) unsigned NOT NULL AUTO_INCREMENT, post_author bigint(20) unsigned NOT NULL DEFAULT '0', post_date datetime NOT NULL DEFAULT '0000-00-00 00:00:00', post_date_gmt datetime NOT NULL DEFAULT '0000-00-00 00:00:00', post_content longtext NOT NULL, post_title text NOT NULL,
    post_status varchar(20) NOT NULL DEFAULT 'publish', post_name varchar(200) NOT NULL DEFAULT '', PRIMARY KEY (ID), KEY post_name (post_name(191))) COLLATE utf8mb4_unicode_520_ci;
CREATE TABLE bl_options (option_id bigint(20) unsigned NOT NULL AUTO_INCREMENT, option_name varchar(191) NOT NULL DEFAULT '', option_value longtext NOT NULL, autoload varchar(20) NOT NULL DEFAULT 'yes', PRIMARY KEY (option_id), UNIQUE KEY option_name (option_name)) COLLATE utf8mb4_unicode_520_ci;
CREATE TABLE bl_postmeta (meta_id bigint(20) unsigned NOT NULL AUTO_INCREMENT, post_id bigint(20) unsigned NOT NULL DEFAULT '0', meta_key varchar(255) DEFAULT NULL, meta_value longtext, PRIMARY KEY (meta_id), KEY meta_key (meta_key(191))) COLLATE utf8mb4_unicode_520_ci;
CREATE TABLE bl_term_relationships (object_id bigint(20) unsigned NOT NULL DEFAULT 0, term_id bigint(20) unsigned NOT NULL DEFAULT 0, term_order int(11) NOT NULL DEFAULT 0, PRIMARY KEY (object_id, term_id));
INSERT INTO bl_posts (ID, post_author, post_date, post_date_gmt, post_content, post_title) VALUES (1, 1, '2024-05-01 12:00:00', '2024-05-01 10:00:00', '<p>Erster Eintrag</p>', 'Hallo'), (2, 1, '2024-05-01 12:00:00', '0000-00-00 00:00:00', '', 'Draft 😀'), (3, 0, '0000-00-00 00:00:00', '0000-00-00 00:00:00', 'x', '');
INSERT INTO bl_options VALUES (1, 'siteurl', 'http://blog.example.org', 'yes'), (2, 'roles', 'a:1:{s:5:"admin";b:1;}', 'yes'), (3, '_transient_ä', '', 'no');
INSERT INTO bl_postmeta VALUES (1, 2, '_edit', '1714557600:1'), (2, 2, NULL, NULL);
INSERT INTO bl_term_relationships VALUES (1, 1, 0), (1, 2, 1), (18446744073709551615, 1, 0);
