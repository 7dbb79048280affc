-- source: postgres
-- trait: Enum keys, whose order is that of their declaration, alone and as the second part, with more rows than a batch.
-- exact: all
-- args: --batch 500
CREATE TYPE size AS ENUM ('zeta', 'alpha', 'mid');
CREATE TABLE sizes (s size PRIMARY KEY, n int);
INSERT INTO sizes VALUES ('mid', 1), ('alpha', 2), ('zeta', 3);
CREATE TABLE stock (id int, s size, v int, PRIMARY KEY (id, s));
INSERT INTO stock SELECT g, x, g FROM generate_series(1, 1000) g, unnest(enum_range(NULL::size)) x;
CREATE TABLE first_part (s size, id int, v int, PRIMARY KEY (s, id));
INSERT INTO first_part SELECT x, g, g FROM generate_series(1, 1000) g, unnest(enum_range(NULL::size)) x;
