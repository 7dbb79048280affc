-- source: postgres
-- trait: A catalogue of recordings: UUIDs beside keys, partial dates, fixed-length codes, intervals, arrays, checks, a table of redirects.
-- exact: all
CREATE TABLE artist (id serial PRIMARY KEY, gid uuid NOT NULL UNIQUE, name varchar NOT NULL, sort_name varchar COLLATE "en-x-icu" NOT NULL, begin_year smallint, begin_month smallint, begin_day smallint, ended boolean NOT NULL DEFAULT false, comment varchar(255) NOT NULL DEFAULT '',
    edits_pending int NOT NULL DEFAULT 0 CHECK (edits_pending >= 0), last_updated timestamptz DEFAULT now(), CHECK (name <> ''));
CREATE TABLE recording (id serial PRIMARY KEY, gid uuid NOT NULL, artist int NOT NULL REFERENCES artist, length int CHECK (length IS NULL OR length > 0), video boolean NOT NULL DEFAULT false, offsets int[], playing interval);
CREATE TABLE isrc (id serial PRIMARY KEY, recording int NOT NULL REFERENCES recording, isrc char(12) NOT NULL CHECK (isrc ~ '^[A-Z]{2}[A-Z0-9]{3}[0-9]{7}$'), UNIQUE (isrc, recording));
CREATE TABLE artist_redirect (gid uuid PRIMARY KEY, new_id int NOT NULL REFERENCES artist);
CREATE UNIQUE INDEX artist_lower ON artist (lower(name), comment);
CREATE TABLE tag (artist int, tag varchar(255), count int NOT NULL, PRIMARY KEY (artist, tag));
INSERT INTO artist (gid, name, sort_name, begin_year, ended, last_updated) SELECT md5('a' || g)::uuid, 'Künstler ' || g, g || ', Künstler', CASE WHEN g % 3 = 0 THEN 1900 + g END, g % 2 = 0, '2012-05-01 18:52:37.123456+00'::timestamptz + g * interval '1 h' FROM generate_series(1, 60) g;
INSERT INTO recording (gid, artist, length, offsets, playing) SELECT md5('r' || g)::uuid, 1 + g % 60, NULLIF(g * 1000, 5000), ARRAY[g, g * 2], g * interval '1.5 s' FROM generate_series(1, 90) g;
INSERT INTO isrc (recording, isrc) SELECT g, 'DEA00' || lpad(g::text, 7, '0') FROM generate_series(1, 90) g;
INSERT INTO artist_redirect SELECT md5('x' || g)::uuid, g FROM generate_series(1, 30) g;
INSERT INTO tag VALUES (1, 'rock', 1), (1, 'Rock', 2), (1, 'rock ', 3), (2, 'post-punk', 0);
