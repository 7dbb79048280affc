-- source: postgres
-- trait: A key of each type that has an order, with more rows than a batch.
-- exact: all
-- args: --batch 100
CREATE TABLE k_uuid (k uuid PRIMARY KEY, n int);
INSERT INTO k_uuid SELECT md5(g::text)::uuid, g FROM generate_series(1, 700) g;
CREATE TABLE k_float (k double precision PRIMARY KEY, n int);
INSERT INTO k_float SELECT (g - 350) / 7.0::float8, g FROM generate_series(1, 700) g;
INSERT INTO k_float VALUES (1e300, -1), (-1e300, -2), (5e-324, -3), (1.7976931348623157e308, -4), (0.1 + 0.2::float8, -5), (9007199254740993, -6);
CREATE TABLE k_real (k real PRIMARY KEY, n int);
INSERT INTO k_real SELECT (g - 350) / 7.0::float4, g FROM generate_series(1, 700) g;
INSERT INTO k_real VALUES (3.4028235e38, -1), (1e-45, -2), (16777217, -3);
CREATE TABLE k_numeric (k numeric(20, 6) PRIMARY KEY, n int);
INSERT INTO k_numeric SELECT (g - 350) / 7.0, g FROM generate_series(1, 700) g;
CREATE TABLE k_date (k date PRIMARY KEY, n int);
INSERT INTO k_date SELECT '1990-01-01'::date + g * 13, g FROM generate_series(1, 700) g;
CREATE TABLE k_stamp (k timestamp PRIMARY KEY, n int);
INSERT INTO k_stamp SELECT '1990-01-01'::timestamp + g * interval '5 days 1.000001 seconds', g FROM generate_series(1, 700) g;
CREATE TABLE k_stamptz (k timestamptz PRIMARY KEY, n int);
INSERT INTO k_stamptz SELECT '1990-01-01 00:00+00'::timestamptz + g * interval '1 day 1.01 seconds', g FROM generate_series(1, 700) g;
CREATE TABLE k_time (k time PRIMARY KEY, n int);
INSERT INTO k_time SELECT '00:00:00'::time + g * interval '61.000001 seconds', g FROM generate_series(1, 700) g;
CREATE TABLE k_bytes (k bytea PRIMARY KEY, n int);
INSERT INTO k_bytes SELECT decode(md5(g::text), 'hex') || decode(repeat('00', g % 3), 'hex'), g FROM generate_series(1, 700) g;
INSERT INTO k_bytes VALUES ('\x', -1), ('\x00', -2), ('\x0000', -3), ('\xff', -4);
CREATE TABLE k_bpchar (k char(8) PRIMARY KEY, n int);
INSERT INTO k_bpchar SELECT substr(md5(g::text), 1, 2 + g % 6), g FROM generate_series(1, 700) g ON CONFLICT DO NOTHING;
CREATE TABLE k_bool (k boolean PRIMARY KEY, n int);
INSERT INTO k_bool VALUES (true, 1), (false, 0);
CREATE TABLE k_small (k smallint PRIMARY KEY, n int);
INSERT INTO k_small SELECT g * 93, g FROM generate_series(-350, 350) g;
CREATE TABLE k_big (k bigint PRIMARY KEY, n int);
INSERT INTO k_big SELECT g * 26350000000000000, g FROM generate_series(-350, 350) g;
INSERT INTO k_big VALUES (9223372036854775807, -1), (-9223372036854775808, -2);
