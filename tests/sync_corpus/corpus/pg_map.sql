-- source: postgres
-- trait: A map with a history: composite keys of bigint and version, an enum in a key, tags, arrays of bigint.
-- exact: all
-- args: --batch 60
CREATE EXTENSION hstore;
CREATE TYPE member_type AS ENUM ('Node', 'Way', 'Relation');
CREATE TABLE nodes (node_id bigint, version bigint, latitude int NOT NULL, longitude int NOT NULL, changeset_id bigint NOT NULL, visible boolean NOT NULL, at timestamp NOT NULL, tile bigint NOT NULL, redaction_id int, PRIMARY KEY (node_id, version));
CREATE TABLE node_tags (node_id bigint, version bigint, k varchar DEFAULT '', v varchar NOT NULL DEFAULT '', PRIMARY KEY (node_id, version, k), FOREIGN KEY (node_id, version) REFERENCES nodes);
CREATE TABLE relation_members (relation_id bigint, version bigint, sequence_id int DEFAULT 0, member_type member_type NOT NULL, member_id bigint NOT NULL, member_role varchar NOT NULL, PRIMARY KEY (relation_id, version, member_type, member_id, member_role, sequence_id));
CREATE TABLE ways (id bigint PRIMARY KEY, nodes bigint[], tags hstore, box box);
INSERT INTO nodes SELECT g, v, g * 12345 - 900000, -g * 54321, g % 9, v % 2 = 1, '2010-01-01'::timestamp + g * interval '1 s', 3221331576 + g, NULLIF(g % 5, 0) FROM generate_series(1, 150) g, generate_series(1, 2) v;
INSERT INTO node_tags SELECT g, 1, k, 'värde ' || g FROM generate_series(1, 150) g, unnest('{name,Name,"name ",highway,"addr:street",""}'::text[]) k;
INSERT INTO relation_members SELECT g / 20, 1, g, (enum_range(NULL::member_type))[1 + g % 3], g, (ARRAY['', 'outer', 'Outer', 'inner'])[1 + g % 4] FROM generate_series(1, 400) g;
INSERT INTO ways VALUES (1, '{1,2,3,9223372036854775807}', 'highway=>residential, "name:de"=>"Große Straße"', '(2,2),(0,0)'), (2, '{}', '', NULL), (3, NULL, NULL, NULL);
