-- source: postgres
-- trait: A citext key, with more rows than a batch. The database orders without case.
-- exact: all
-- args: --batch 50
CREATE EXTENSION citext;
CREATE TABLE members (handle citext PRIMARY KEY, n int);
INSERT INTO members SELECT CASE WHEN g % 3 = 0 THEN upper(h) WHEN g % 3 = 1 THEN h ELSE initcap(h) END, g
    FROM (SELECT g, translate(substr(md5(g::text), 1, 9), '0123456789', 'ghijklmnop') h FROM generate_series(1, 600) g) s
    ON CONFLICT DO NOTHING;
