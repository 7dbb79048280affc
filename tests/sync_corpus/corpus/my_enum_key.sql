-- source: mysql mariadb
-- trait: ENUM keys, ordered by number and not by text, alone, first and second, with more rows than a batch.
-- exact: all
-- args: --batch 500
CREATE TABLE digits (d int PRIMARY KEY);
INSERT INTO digits VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);
CREATE TABLE alone (k enum('zeta', 'alpha', 'mid') PRIMARY KEY, v int);
INSERT INTO alone VALUES ('mid', 1), ('alpha', 2), ('zeta', 3);
CREATE TABLE second_part (id int NOT NULL, k enum('zeta', 'alpha', 'mid') NOT NULL, v int, PRIMARY KEY (id, k));
INSERT INTO second_part SELECT a.d * 100 + b.d * 10 + c.d, x.k, 1 FROM digits a, digits b, digits c, alone x;
CREATE TABLE first_part (k enum('zeta', 'alpha', 'mid') NOT NULL, id int NOT NULL, v int, PRIMARY KEY (k, id));
INSERT INTO first_part SELECT x.k, a.d * 100 + b.d * 10 + c.d, 1 FROM digits a, digits b, digits c, alone x;
