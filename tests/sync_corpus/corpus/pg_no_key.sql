-- source: postgres
-- trait: Tables without a primary key: with a unique constraint, with duplicates, with NULLs, and without columns.
-- exact: postgres
CREATE TABLE kept (id int PRIMARY KEY);
INSERT INTO kept VALUES (1);
CREATE TABLE readings (id int, v text, UNIQUE (id));
INSERT INTO readings VALUES (1, 'x'), (2, 'y'), (NULL, 'z'), (NULL, 'z');
CREATE TABLE events (at timestamp, what text);
INSERT INTO events SELECT '2024-01-01'::timestamp + (g / 3) * interval '1 second', 'e' || g / 2 FROM generate_series(0, 99) g;
INSERT INTO events SELECT * FROM events LIMIT 10;
INSERT INTO events VALUES (NULL, NULL), (NULL, NULL), (NULL, 'only');
CREATE TABLE strict_log (n int NOT NULL UNIQUE, v text);
INSERT INTO strict_log SELECT g, g FROM generate_series(1, 50) g;
