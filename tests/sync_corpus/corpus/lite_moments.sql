-- source: sqlite
-- trait: Nanoseconds, time zones, and several forms of one moment in columns of dates and times.
-- least: nano 2 zones 3 clocks 1
-- exact: sqlite
CREATE TABLE nano (id integer PRIMARY KEY, t timestamp);
INSERT INTO nano VALUES (1, '2024-01-01 10:00:00.123456789'), (2, '2024-01-01 10:00:00.123456'), (3, '2024-01-01 10:00:00');
CREATE TABLE zones (id integer PRIMARY KEY, t datetime);
INSERT INTO zones VALUES (1, '2024-01-01 10:00:00+02:00'), (2, '2024-01-01T10:00:00Z'), (3, '2024-01-01 10:00'), (4, '-0044-03-15 12:00:00'), (5, '12024-01-01 00:00:00'), (6, '0001-01-01 00:00:00');
CREATE TABLE clocks (id integer PRIMARY KEY, t time);
INSERT INTO clocks VALUES (1, '10:00'), (2, '10:00:00.123456789'), (3, '25:00:00'), (4, '24:00:00'), (5, '10:00:00');
