-- source: postgres
-- trait: The table of the target is there, and its columns are narrower than the values.
-- least: t 2
CREATE TABLE t (id int PRIMARY KEY, f double precision, s text, n numeric(12, 4), b bigint, at timestamp);
INSERT INTO t VALUES (1, 123456789.123, 'short', 1.5, 1, '2024-01-01 00:00:00'), (2, 0.123456789012345, 'longer than ten', 1.2345, 3000000000, '2024-01-01 00:00:00.123456'),
    (3, 0.5, 'x', 2, 2, '2024-01-02 00:00:00');
-- @target postgres
CREATE TABLE t (id int PRIMARY KEY, f real, s varchar(10), n numeric(12, 2), b int, at timestamp(0));
-- @target mysql mariadb
CREATE TABLE t (id int PRIMARY KEY, f float, s varchar(10), n decimal(12, 2), b int, at datetime);
