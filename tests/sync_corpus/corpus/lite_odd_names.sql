-- source: sqlite
-- trait: Declared types whose affinity is not what their name says: STRING and BYTEA are numeric, no type keeps everything.
-- exact: sqlite
-- least: odd 1
CREATE TABLE odd (id integer PRIMARY KEY, s string, n, a anything, b bytea, p "floating point", d "date with time zone");
INSERT INTO odd VALUES (1, 'a string', 'no type', x'00', x'00ff', 1, '2024-01-01'), (2, '007', 1, 2.5, 'text', 2, 'x'), (3, 5, x'00', 'c', 1, 3, 20240101), (4, NULL, NULL, NULL, NULL, NULL, NULL);
