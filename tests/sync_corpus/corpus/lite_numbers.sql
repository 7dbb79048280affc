-- source: sqlite
-- trait: Infinities, the limits of integers and doubles, whole numbers in real columns, booleans.
-- exact: sqlite
CREATE TABLE numbers (id integer PRIMARY KEY, i integer, r real, n numeric, b boolean);
INSERT INTO numbers VALUES (1, 9223372036854775807, 1e999, 9007199254740993, 1), (2, -9223372036854775808, -1e999, 0.1, 0), (3, 0, 5e-324, 1e300, NULL), (4, 1, 3, 3.0, 1), (5, 2, 0.1 + 0.2, '1.10', 0), (6, 3, 1e22, 123456789012345678901234567890, 0);
CREATE TABLE keys (k real PRIMARY KEY, n int);
INSERT INTO keys WITH RECURSIVE g(i) AS (SELECT -30 UNION ALL SELECT i + 1 FROM g WHERE i < 30) SELECT i / 7.0, i FROM g;
