-- source: postgres
-- trait: A table with 120 columns of many types.
-- exact: all
DO $$ BEGIN EXECUTE (SELECT 'CREATE TABLE wide (id int PRIMARY KEY, ' || string_agg('c' || g || ' ' ||
    (ARRAY['int', 'text', 'numeric(12,3)', 'timestamp', 'boolean', 'double precision', 'bytea', 'date'])[1 + g % 8], ', ' ORDER BY g) || ')' FROM generate_series(1, 119) g); END $$;
DO $$ BEGIN EXECUTE (SELECT 'INSERT INTO wide SELECT r, ' || string_agg(
    (ARRAY['r', 'r || ''-t''', 'r / 8.0', '''2024-01-01''::timestamp + r * interval ''1 s''', 'r % 2 = 0', 'r / 7.0::float8', 'decode(md5(r::text), ''hex'')', '''2024-01-01''::date + r'])[1 + g % 8],
    ', ' ORDER BY g) || ' FROM generate_series(1, 60) r' FROM generate_series(1, 119) g); END $$;
