-- source: sqlite
-- trait: The type ANY of STRICT tables, which keeps every value as it is.
CREATE TABLE things (id integer PRIMARY KEY, a any) STRICT;
INSERT INTO things VALUES (1, 5), (2, '5'), (3, x'35'), (4, 5.5), (5, NULL), (6, '005');
