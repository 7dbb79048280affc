-- source: postgres
-- trait: Rows whose unique values change places between two copies.
-- exact: all
CREATE TABLE seats (id int PRIMARY KEY, seat text UNIQUE DEFERRABLE INITIALLY DEFERRED);
INSERT INTO seats SELECT g, 's' || g FROM generate_series(1, 30) g;
-- @then
BEGIN;
UPDATE seats SET seat = 's' || (31 - id);
COMMIT;
