-- source: postgres
-- trait: Dates before our era and far beyond, infinity, 24:00, time zones, microseconds.
-- least: moments 4 clocks 2
-- exact: postgres
CREATE TABLE moments (id int PRIMARY KEY, d date, t timestamp, z timestamptz);
INSERT INTO moments VALUES (1, '0044-03-15 BC', '0044-03-15 12:00 BC', '0044-03-15 12:00+00 BC'), (2, 'infinity', 'infinity', '-infinity'),
    (3, '9999-12-31', '9999-12-31 23:59:59.999999', '9999-12-31 23:59:59.999999+00'), (4, '20000-01-01', '20000-01-01', '20000-01-01 00:00+00'),
    (5, '0001-01-01', '0001-01-01 00:00:00.000001', '0001-01-01 00:00:00+00'), (6, '1900-02-28', '1969-12-31 23:59:59.999999', '1969-12-31 23:59:59.5+00'),
    (7, '2024-02-29', '2024-10-27 02:30:00', '2024-10-27 02:30:00+02:00'), (8, '1582-10-10', '1752-09-05', '1883-11-18 12:03:58-04:56:02');
INSERT INTO moments (id) VALUES (9);
CREATE TABLE clocks (id int PRIMARY KEY, t time, z timetz, t0 time(0), t3 timestamp(3));
INSERT INTO clocks VALUES (1, '24:00:00', '24:00:00+00', '23:59:59', '2024-01-01 00:00:00.125'), (2, '00:00:00.000001', '10:00:00+02', '00:00:00', NULL),
    (3, '23:59:59.999999', '10:00:00-15:59:59', NULL, NULL), (4, NULL, NULL, NULL, NULL);
