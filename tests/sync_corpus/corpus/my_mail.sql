-- source: mysql mariadb
-- trait: Webmail: composite text keys in binary collations, datetimes with a default of the year 1000, cached texts, cascades.
-- exact: all
CREATE TABLE users (user_id int(10) unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, username varchar(128) COLLATE utf8mb4_bin NOT NULL, mail_host varchar(128) NOT NULL, created datetime NOT NULL DEFAULT '1000-01-01 00:00:00', last_login datetime DEFAULT NULL, failed_login_counter int(10) unsigned DEFAULT NULL, preferences longtext, UNIQUE KEY username (username, mail_host)) ROW_FORMAT = DYNAMIC;
CREATE TABLE cache (user_id int(10) unsigned NOT NULL, cache_key varchar(128) COLLATE utf8mb4_bin NOT NULL, expires datetime DEFAULT NULL, data longtext NOT NULL, PRIMARY KEY (user_id, cache_key), FOREIGN KEY (user_id) REFERENCES users (user_id) ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE identities (identity_id int(10) unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, user_id int(10) unsigned NOT NULL, changed datetime NOT NULL DEFAULT '1000-01-01 00:00:00', del tinyint(1) NOT NULL DEFAULT 0, standard tinyint(1) NOT NULL DEFAULT 0, signature longtext, html_signature tinyint(1) NOT NULL DEFAULT 0, FOREIGN KEY (user_id) REFERENCES users (user_id));
INSERT INTO users (username, mail_host, last_login, preferences) VALUES ('nora', 'mail.example.org', NULL, 'a:0:{}'), ('Nora', 'mail.example.org', '2024-01-01 00:00:00', NULL), ('otto', 'x', NULL, '');
INSERT INTO cache VALUES (1, 'INBOX', NULL, REPEAT('d', 70000)), (1, 'inbox', '9999-12-31 23:59:59', ''), (2, 'INBOX', NULL, 'ä');
INSERT INTO identities VALUES (1, 1, '1000-01-01', 0, 1, '-- \nNora', 0), (2, 2, '2024-02-29 12:00:00', 1, 0, NULL, 1);
