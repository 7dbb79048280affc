-- source: postgres
-- trait: A composite key of a number and a text, many rows, and many changes.
-- exact: all
CREATE TABLE t (a int, b text, v int, PRIMARY KEY (a, b));
INSERT INTO t SELECT g, md5(g::text), g FROM generate_series(1, 5000) g;
CREATE TABLE turned (v int, low text, high int, mid bigint, PRIMARY KEY (high, mid, low));
INSERT INTO turned SELECT g, g % 7, g % 11, g / 50 FROM generate_series(1, 2000) g ON CONFLICT DO NOTHING;
CREATE TABLE including (id int, v text, PRIMARY KEY (id) INCLUDE (v));
INSERT INTO including VALUES (1, 'a');
-- @then
UPDATE t SET v = v + 1 WHERE a % 3 = 0;
UPDATE turned SET v = -v WHERE mid % 2 = 0;
