-- source: postgres
-- trait: Domains, composite types, enums with odd labels, checks, comments and defaults.
-- exact: all
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE DOMAIN more_positive AS positive CHECK (VALUE > 10);
CREATE DOMAIN mail AS varchar(60);
CREATE TYPE place AS (street text, number int);
CREATE TYPE odd AS ENUM ('', ' ', 'a''b', 'c"d', 'e,f', 'Grün');
CREATE TABLE people (id positive PRIMARY KEY, m mail, p place, ps place[], o odd DEFAULT 'a''b', n more_positive, CHECK (id < 1000000));
INSERT INTO people VALUES (1, 'x@example.org', ROW('High "St", 1', 5), ARRAY[ROW('a', 1)::place], 'e,f', 11), (2, NULL, NULL, NULL, '', NULL), (3, '', ROW(NULL, NULL), '{}', ' ', 12),
    (4, 'y', ROW('', NULL), NULL, 'Grün', 13);
COMMENT ON TABLE people IS 'it''s a "comment"';
COMMENT ON COLUMN people.m IS E'two\nlines';
CREATE TABLE defaults (id int PRIMARY KEY, t timestamptz DEFAULT now(), u uuid DEFAULT gen_random_uuid(), s text DEFAULT 'x''y', n numeric(5, 2) DEFAULT 1.5, b boolean DEFAULT true);
INSERT INTO defaults (id) VALUES (1), (2);
