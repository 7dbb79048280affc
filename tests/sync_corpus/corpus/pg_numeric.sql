-- source: postgres
-- trait: numeric(20,0), wide scales, numbers without a precision, a negative scale, NaN and infinity.
-- least: big 4 free 6 special 1 scaled 1
-- exact: postgres
CREATE TABLE big (id int PRIMARY KEY, n numeric(20, 0));
INSERT INTO big VALUES (1, -5), (2, 99999999999999999999), (3, 7), (4, -99999999999999999999);
CREATE TABLE free (id int PRIMARY KEY, n numeric);
INSERT INTO free VALUES (1, 1234567890123456789012345678901234567890), (2, 0.1234567890123456789012345678901234567890),
    (3, -1.50), (4, 0), (5, NULL), (6, 1e60), (7, 1e-60), (8, 12345678901234567890.123456789012345678901);
CREATE TABLE special (id int PRIMARY KEY, n numeric, m numeric(10, 2));
INSERT INTO special VALUES (1, 'NaN', 'NaN'), (2, 'Infinity', 1), (3, '-Infinity', 2), (4, 1, -99999999.99);
CREATE TABLE scaled (id int PRIMARY KEY, thousands numeric(3, -3), tiny numeric(3, 6), wide numeric(60, 30), huge numeric(300, 100));
INSERT INTO scaled VALUES (1, 123456, 0.000123, 123456789012345678901234567890.123456789012345678901234567890, 10::numeric ^ 190 + 0.5),
    (2, -999000, -0.000999, -0.000000000000000000000000000001, -1);
