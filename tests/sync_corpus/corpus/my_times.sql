-- source: mysql mariadb
-- trait: TIME over 24 hours and below zero, microseconds, TIMESTAMP at its limits, years of four digits.
-- exact: all
-- args: --batch 30
CREATE TABLE times (id int PRIMARY KEY, t time, t6 time(6), d datetime(6), s timestamp(3) NULL, s0 timestamp NULL, day date);
INSERT INTO times VALUES (1, '838:59:59', '-838:59:59.000000', '9999-12-31 23:59:59.999999', '2038-01-19 03:14:07.999', '1970-01-01 00:00:01', '9999-12-31'),
    (2, '-00:00:01', '-00:00:00.000001', '1000-01-01 00:00:00.000001', '1970-01-01 00:00:01', '2024-10-27 02:30:00', '1000-01-01'), (3, '00:00:00', '24:00:00', '1969-12-31 23:59:59.5', NULL, NULL, '2024-02-29'),
    (4, NULL, NULL, NULL, NULL, NULL, NULL), (5, '23:59:59', '23:59:59.999999', '0001-01-01 00:00:00', '2001-09-09 01:46:40.500', '2001-09-09 01:46:40', '0001-01-01');
CREATE TABLE clean (id int PRIMARY KEY, t time(6));
INSERT INTO clean VALUES (1, '12:00:00'), (2, '23:59:59.999999');
CREATE TABLE by_time (k time(3) PRIMARY KEY, n int);
INSERT INTO by_time WITH RECURSIVE g(i) AS (SELECT -100 UNION ALL SELECT i + 1 FROM g WHERE i < 100) SELECT SEC_TO_TIME(i * 20000.125), i FROM g;
CREATE TABLE by_moment (k datetime(6) PRIMARY KEY, n int);
INSERT INTO by_moment WITH RECURSIVE g(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM g WHERE i < 200) SELECT '2024-01-01 00:00:00.000001' + INTERVAL i * 3601000001 MICROSECOND, i FROM g;
CREATE TABLE by_stamp (k timestamp(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6), a date NOT NULL, n int, PRIMARY KEY (a, k));
INSERT INTO by_stamp SELECT k, DATE(k) - INTERVAL n % 5 DAY, n FROM by_moment;
