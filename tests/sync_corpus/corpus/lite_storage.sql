-- source: sqlite
-- trait: Values of another storage class than declared, in each kind of column.
-- least: mixed 1 clean 1 flags 2 dates 0
CREATE TABLE mixed (id integer PRIMARY KEY, i integer, t text, r real, b blob, n numeric, x);
INSERT INTO mixed VALUES (1, 1, 'a', 1.5, x'00', 1, 1), (2, 'text', x'ff00', 'text', 'text', 'text', 'text'), (3, 1.5, 5, 'x', 5, x'01', x'01'), (4, x'0a', '5', x'0b', 1.5, 1.5, 1.5), (5, NULL, NULL, NULL, NULL, NULL, NULL),
    (6, '12', 12, '1.5', '5', '5', '5'), (7, '', '', '', '', '', '');
CREATE TABLE clean (id integer PRIMARY KEY, i integer);
INSERT INTO clean VALUES (1, 1);
CREATE TABLE flags (id integer PRIMARY KEY, b boolean);
INSERT INTO flags VALUES (1, 1), (2, 0), (3, 2), (4, 'true'), (5, 'f'), (6, 0.5);
CREATE TABLE dates (id integer PRIMARY KEY, d date, t datetime, s timestamp);
INSERT INTO dates VALUES (1, '2024-01-01', '2024-01-01T10:00:00Z', 1704067200), (2, 2460310.5, '2024-01-01 10:00:00+02:00', '2024-01-01 10:00:00.123456789'), (3, '2024-13-45', 'yesterday', ''), (4, '24-1-1', '2024-01-01', '2024-01-01T10:00'), (5, '2024-02-30', '2024-01-01 24:00:00', '0000-00-00 00:00:00'), (6, '2024-01-01', '2024-01-01 10:00:00', '2024-01-01 10:00:00');
