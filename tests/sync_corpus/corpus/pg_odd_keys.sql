-- source: postgres
-- trait: Keys of types that other databases lack.
-- exact: all
-- args: --batch 30
CREATE TABLE k_interval (k interval PRIMARY KEY, n int);
INSERT INTO k_interval SELECT g * interval '1 day 90 minutes', g FROM generate_series(-100, 100) g;
CREATE TABLE k_mac (k macaddr PRIMARY KEY, n int);
INSERT INTO k_mac SELECT ('08:00:2b:01:' || lpad(to_hex(g / 16), 2, '0') || ':' || lpad(to_hex(g % 16), 2, '0'))::macaddr, g FROM generate_series(1, 200) g;
CREATE TABLE k_array (k int[] PRIMARY KEY, n int);
INSERT INTO k_array SELECT ARRAY[g % 10, g], g FROM generate_series(1, 200) g;
CREATE TABLE k_json (k jsonb PRIMARY KEY, n int);
INSERT INTO k_json SELECT jsonb_build_object('a', g, 'b', g::text), g FROM generate_series(1, 200) g;
CREATE TABLE k_money (k money PRIMARY KEY, n int);
INSERT INTO k_money SELECT (g * 1.37)::numeric::money, g FROM generate_series(-100, 100) g;
CREATE TABLE k_range (k int4range PRIMARY KEY, n int);
INSERT INTO k_range SELECT int4range(g, g + 5), g FROM generate_series(1, 200) g;
CREATE TABLE k_timetz (k timetz PRIMARY KEY, n int);
INSERT INTO k_timetz SELECT ('00:00:00+00'::timetz + g * interval '7 minutes'), g FROM generate_series(0, 199) g;
