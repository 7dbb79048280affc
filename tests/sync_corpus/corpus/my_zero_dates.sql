-- source: mysql mariadb
-- trait: Zero dates, and dates with a zero month or day, between other tables.
-- least: a_first 1 posts 1 z_last 1
SET sql_mode = '';
CREATE TABLE a_first (id int PRIMARY KEY);
INSERT INTO a_first VALUES (1);
CREATE TABLE posts (id int PRIMARY KEY, d datetime NOT NULL DEFAULT '0000-00-00 00:00:00', t timestamp NOT NULL DEFAULT '0000-00-00 00:00:00', day date);
INSERT INTO posts VALUES (1, '2024-01-01', '2024-01-01', '2024-01-01'), (2, '0000-00-00', '0000-00-00', '0000-00-00'), (3, '2024-00-00', '2024-01-02', '2024-01-00'),
    (4, '2024-01-03', '2024-01-03', NULL), (5, '2024-02-30', '2024-02-30', '2024-02-30');
CREATE TABLE z_last (id int PRIMARY KEY, v varchar(5));
INSERT INTO z_last VALUES (1, 'x');
