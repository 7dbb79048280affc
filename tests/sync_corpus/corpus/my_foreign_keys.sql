-- source: mysql mariadb
-- trait: Foreign keys: to the own table, in a cycle, composite; indexes of texts, descending and unique.
-- exact: all
CREATE TABLE staff (id int PRIMARY KEY, boss int, team int, name varchar(50), INDEX (name(5)), INDEX (name DESC, id), FOREIGN KEY (boss) REFERENCES staff (id));
CREATE TABLE teams (id int PRIMARY KEY, lead_id int, FOREIGN KEY (lead_id) REFERENCES staff (id));
ALTER TABLE staff ADD FOREIGN KEY (team) REFERENCES teams (id);
SET foreign_key_checks = 0;
INSERT INTO teams VALUES (1, 10), (2, 20);
INSERT INTO staff WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < 60) SELECT i, NULLIF(61 - i, i), 1 + i % 2, CONCAT('n', i) FROM g;
SET foreign_key_checks = 1;
CREATE TABLE z_parent (a int, b varchar(10), PRIMARY KEY (a, b));
CREATE TABLE a_child (id int PRIMARY KEY, a int, b varchar(10), FOREIGN KEY (a, b) REFERENCES z_parent (a, b) ON DELETE CASCADE);
INSERT INTO z_parent VALUES (1, 'x'), (2, 'y');
INSERT INTO a_child VALUES (1, 1, 'x'), (2, 2, 'y');
