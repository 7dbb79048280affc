-- source: postgres
-- trait: Arrays: NULLs, quotes, several dimensions, bounds, enums, dates, JSON, bytes.
-- exact: all
CREATE TYPE mood AS ENUM ('sad', 'ok', 'not bad', 'happy, really');
CREATE TABLE lists (id int PRIMARY KEY, i int[], t text[], e mood[], n numeric[], d date[], z timestamptz[], j jsonb[], b bytea[], u uuid[], f boolean[], m mood);
INSERT INTO lists VALUES (1, '{1,NULL,3}', '{a,"b c","d\"e","f\\g",NULL,"NULL","","{}"}'::text[], '{sad,"happy, really"}', '{1.50,NaN,1e30}', '{2024-01-01,infinity}',
    '{"2024-01-01 00:00:00+00"}', ARRAY['{"a": 1}'::jsonb, '12345678901234567890123'::jsonb], ARRAY['\x00ff'::bytea], '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}', '{t,f,NULL}', 'not bad')
    ON CONFLICT DO NOTHING;
INSERT INTO lists (id, i, t, m) VALUES (2, '{{1,2},{3,4}}', '{{a,b},{c,d}}', 'sad'), (3, '{}', '{}', 'ok'), (4, '[0:1]={7,8}', '[-1:0][2:3]={{a,b},{c,d}}', NULL), (5, NULL, NULL, NULL);
