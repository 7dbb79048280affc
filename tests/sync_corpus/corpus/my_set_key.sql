-- source: mysql mariadb
-- trait: SET keys, ordered by their bits, and the empty set.
-- exact: all
-- args: --batch 7
CREATE TABLE toppings (s set('salt', 'anise', 'mint', 'basil', 'dill', 'cumin') PRIMARY KEY, n int);
INSERT INTO toppings WITH RECURSIVE g(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM g WHERE i < 63) SELECT i, i FROM g;
CREATE TABLE pairs (id int, s set('z', 'y', 'x', 'w'), v int, PRIMARY KEY (id, s));
INSERT INTO pairs WITH RECURSIVE g(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM g WHERE i < 159) SELECT i DIV 16, i % 16, i FROM g;
