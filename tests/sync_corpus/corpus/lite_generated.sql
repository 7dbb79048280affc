-- source: sqlite
-- trait: Generated columns, foreign keys in a cycle, indexes on expressions, defaults, checks, triggers.
-- exact: all
CREATE TABLE boxes (id integer PRIMARY KEY, w int NOT NULL DEFAULT 1 CHECK (w > 0), h int, area int GENERATED ALWAYS AS (w * h) STORED, half int AS (w / 2) VIRTUAL);
INSERT INTO boxes (id, w, h) VALUES (1, 2, 3), (2, 4, 5);
CREATE INDEX by_sum ON boxes (w + h) WHERE h > 0;
CREATE TABLE staff (id integer PRIMARY KEY, boss int REFERENCES staff, team int REFERENCES teams DEFERRABLE INITIALLY DEFERRED, at text DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE teams (id integer PRIMARY KEY, lead_id int REFERENCES staff);
INSERT INTO teams VALUES (1, 10);
INSERT INTO staff (id, boss, team) WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < 40) SELECT i, 41 - i, 1 FROM g;
CREATE TABLE a_child (id integer PRIMARY KEY, p int REFERENCES z_parent);
CREATE TABLE z_parent (id integer PRIMARY KEY);
INSERT INTO z_parent VALUES (1), (2);
INSERT INTO a_child VALUES (1, 1), (2, 2);
CREATE TRIGGER noted AFTER INSERT ON z_parent BEGIN INSERT INTO a_child (p) VALUES (new.id); END;
