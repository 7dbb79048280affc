-- source: sqlite
-- trait: Decimals with more digits than declared; SQLite does not round.
-- least: sums 4 keys 3 good 3
CREATE TABLE sums (id integer PRIMARY KEY, d decimal(10,2), n numeric(5,0));
INSERT INTO sums VALUES (1, 1.999, 1.5), (2, 0.125, 123456789), (3, 12345678901.5, -1), (4, '1e400', 'NaN'), (5, 0.1, 1), (6, 1e-10, 1e15);
CREATE TABLE keys (k decimal(6,2) PRIMARY KEY, n int);
INSERT INTO keys VALUES (1.001, 1), (1.002, 2), (1.0, 3), (99999.5, 4);
CREATE TABLE good (id integer PRIMARY KEY, d decimal(10,2));
INSERT INTO good VALUES (1, 1.25), (2, -99999999.99), (3, 0);
