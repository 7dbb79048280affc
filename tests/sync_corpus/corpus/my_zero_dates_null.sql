-- source: mysql mariadb
-- trait: Zero dates become NULL by a flag, and the report names them.
-- least: posts 3
-- targets: postgres sqlite
-- sync: --zero-dates null
SET sql_mode = '';
CREATE TABLE posts (id int PRIMARY KEY, d datetime NULL DEFAULT '0000-00-00 00:00:00', v int);
INSERT INTO posts VALUES (1, '2024-01-01', 1), (2, '0000-00-00', 2), (3, NULL, 3);
