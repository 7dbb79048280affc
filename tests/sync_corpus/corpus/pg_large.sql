-- source: postgres
-- trait: Texts and bytes of two megabytes, between small rows.
-- exact: all
CREATE TABLE files (id int PRIMARY KEY, t text, b bytea);
INSERT INTO files SELECT g, 'small', '\x00' FROM generate_series(1, 10) g;
INSERT INTO files VALUES (11, repeat(U&'2 MB \00e9\+01F600', 180000), decode(repeat('00ff10', 700000), 'hex')), (12, repeat('x', 2097152), NULL);
INSERT INTO files SELECT g, repeat(md5(g::text), 3000), decode(repeat(md5(g::text), 3000), 'hex') FROM generate_series(13, 30) g;
CREATE TABLE reports (id int PRIMARY KEY, j jsonb);
INSERT INTO reports SELECT 1, jsonb_agg(jsonb_build_object('n', g, 's', md5(g::text))) FROM generate_series(1, 20000) g;
