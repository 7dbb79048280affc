-- source: mysql mariadb
-- trait: tinyint(1) with other numbers than 0 and 1.
-- exact: all
CREATE TABLE flags (id int PRIMARY KEY, f tinyint(1), b boolean, u tinyint(1) unsigned);
INSERT INTO flags VALUES (1, 0, 1, 0), (2, 1, 0, 1), (3, 2, 1, 255), (4, -128, NULL, NULL), (5, NULL, 0, 1);
CREATE TABLE clean (id int PRIMARY KEY, f tinyint(1) NOT NULL DEFAULT 0);
INSERT INTO clean VALUES (1, 0), (2, 1);
CREATE TABLE by_flag (f tinyint(1) PRIMARY KEY, n int);
INSERT INTO by_flag VALUES (0, 0), (1, 1), (2, 2), (-1, -1);
