-- source: postgres
-- trait: A table with an uncommon type between two simple ones. It must not stop the others.
-- exact: all
CREATE TABLE a (id int PRIMARY KEY);
INSERT INTO a SELECT generate_series(1, 5);
CREATE TABLE m (id int PRIMARY KEY, i interval);
INSERT INTO m VALUES (1, '1 mon 2 days 03:04:05.678901'), (2, '-1 year'), (3, '838:59:59'), (4, '0'), (5, '1 day -00:00:01'), (6, NULL);
CREATE TABLE z (id int PRIMARY KEY);
INSERT INTO z VALUES (1);
