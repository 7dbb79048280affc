-- source: postgres
-- trait: Foreign keys: to the own table, in a cycle, deferrable, composite, and with names out of order.
-- exact: all
CREATE TABLE staff (id int PRIMARY KEY, boss int REFERENCES staff, team int);
CREATE TABLE teams (id int PRIMARY KEY, lead int REFERENCES staff DEFERRABLE INITIALLY DEFERRED);
ALTER TABLE staff ADD FOREIGN KEY (team) REFERENCES teams;
INSERT INTO teams VALUES (1, NULL), (2, NULL);
INSERT INTO staff SELECT g, NULLIF(101 - g, g), 1 + g % 2 FROM generate_series(1, 100) g;
UPDATE teams SET lead = id * 10;
CREATE TABLE z_parent (a int, b text, PRIMARY KEY (a, b));
CREATE TABLE a_child (id int PRIMARY KEY, a int, b text, FOREIGN KEY (a, b) REFERENCES z_parent ON DELETE CASCADE);
INSERT INTO z_parent SELECT g, g::text FROM generate_series(1, 50) g;
INSERT INTO a_child SELECT g, g, g::text FROM generate_series(1, 50) g;
