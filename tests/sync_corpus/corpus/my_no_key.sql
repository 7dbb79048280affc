-- source: mysql mariadb
-- trait: Tables without a key: duplicates, NULLs, a unique key over columns with NULL, and a view.
-- least: log 6 half 4 unique_only 2
CREATE TABLE kept (id int PRIMARY KEY);
INSERT INTO kept VALUES (1);
CREATE TABLE log (at datetime, what varchar(20));
INSERT INTO log VALUES ('2024-01-01', 'a'), ('2024-01-01', 'a'), (NULL, NULL), (NULL, NULL), ('2024-01-01', 'A'), ('2024-01-01', 'a ');
CREATE TABLE half (a int, b varchar(10), v int, UNIQUE (a, b));
INSERT INTO half VALUES (1, 'x', 1), (NULL, 'x', 2), (NULL, 'x', 2), (1, NULL, 3);
CREATE TABLE unique_only (a int NOT NULL, b varchar(10) NOT NULL, v int, UNIQUE (a, b));
INSERT INTO unique_only VALUES (1, 'x', 1), (1, 'y', 2);
CREATE VIEW seen AS SELECT what FROM log;
