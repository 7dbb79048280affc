-- source: postgres
-- trait: Dates and times that every database can keep, with microseconds.
-- exact: all
CREATE TABLE moments (id int PRIMARY KEY, d date, t timestamp, z timestamptz, c time, i interval);
INSERT INTO moments VALUES (1, '9999-12-31', '9999-12-31 23:59:59.999999', '2037-12-31 23:59:59.999999+00', '23:59:59.999999', '1 day 2 hours'),
    (2, '1000-01-01', '1000-01-01 00:00:00', '1970-01-02 00:00:00+00', '00:00:00', '-1 mons +2 days -03:00:00.5'),
    (3, '2024-02-29', '2024-10-27 02:30:00.5', '2024-10-27 02:30:00.000001+02', '12:00:00.1', '10000 years'),
    (4, '2024-02-29', '2024-10-27 02:30:00.5', '1850-06-01 02:30:00+01:30', '12:00:00.1', '100000:00:00');
INSERT INTO moments (id) VALUES (5);
