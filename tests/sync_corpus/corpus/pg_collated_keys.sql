-- source: postgres
-- trait: Text keys in collations of a language, one of which takes several texts for equal, with more rows than a batch.
-- exact: all
-- args: --batch 40
CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE natural_order (k text COLLATE "en-x-icu" PRIMARY KEY, n int);
INSERT INTO natural_order SELECT chr(65 + g % 26) || chr(97 + (g / 3) % 26) || (ARRAY['', '-', ' ', '_', '''', 'a', 'B', U&'\00e9'])[1 + g % 8] || g, g
    FROM generate_series(1, 500) g;
INSERT INTO natural_order SELECT CASE WHEN g % 2 = 0 THEN upper(chr(97 + g / 2)) ELSE chr(97 + g / 2) END, -g - 1 FROM generate_series(0, 51) g;
CREATE TABLE loose_order (k text COLLATE loose PRIMARY KEY, n int);
INSERT INTO loose_order SELECT CASE WHEN g % 2 = 0 THEN upper(md5(g::text)) ELSE md5(g::text) END, g FROM generate_series(1, 500) g;
CREATE TABLE loose_pairs (a text COLLATE loose, b text COLLATE "de-x-icu", n int, PRIMARY KEY (a, b));
INSERT INTO loose_pairs SELECT CASE WHEN g % 2 = 0 THEN 'KEY' ELSE 'key' END || g / 100, md5(g::text), g FROM generate_series(1, 500) g;
