-- source: sqlite
-- trait: NULL in keys, which SQLite allows, several times.
-- least: codes 2 pairs 53 whole 1
-- args: --batch 5
CREATE TABLE codes (k text PRIMARY KEY, n int);
INSERT INTO codes VALUES (NULL, 1), (NULL, 2), ('a', 3), ('b', 4), (NULL, 1);
CREATE TABLE pairs (a int, b text, n int, PRIMARY KEY (a, b));
INSERT INTO pairs VALUES (1, NULL, 1), (1, NULL, 1), (NULL, 'x', 2), (NULL, NULL, 3), (1, 'x', 4), (2, 'y', 5);
INSERT INTO pairs WITH RECURSIVE g(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM g WHERE i < 60) SELECT i, 'r', i FROM g;
CREATE TABLE whole (id integer PRIMARY KEY, n int);
INSERT INTO whole VALUES (1, 1);
