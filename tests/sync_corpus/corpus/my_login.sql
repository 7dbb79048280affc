-- source: mysql mariadb
-- trait: Logins without case: they must stay without case in MySQL and MariaDB.
-- exact: all
CREATE TABLE people (id int PRIMARY KEY, login varchar(40) COLLATE utf8mb4_unicode_ci NOT NULL, name varchar(40) COLLATE utf8mb4_bin, UNIQUE (login));
INSERT INTO people VALUES (1, 'Nora', 'x'), (2, 'otto', 'y');
-- @after mysql mariadb
CREATE TABLE proof (n int NOT NULL CHECK (n = 1));
INSERT INTO proof SELECT COUNT(*) FROM people WHERE login = 'NORA';
