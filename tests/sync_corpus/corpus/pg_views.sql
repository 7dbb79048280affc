-- source: postgres
-- trait: Views, a materialized view, and a partitioned table with its partitions.
-- least: base 2 metered 400
CREATE TABLE base (id int PRIMARY KEY, v int);
INSERT INTO base VALUES (1, 10), (2, 20);
CREATE VIEW doubled AS SELECT id, v * 2 AS v FROM base;
CREATE MATERIALIZED VIEW sums AS SELECT sum(v) FROM base;
CREATE TABLE metered (at date, meter int, v int, PRIMARY KEY (at, meter)) PARTITION BY RANGE (at);
CREATE TABLE metered_2023 PARTITION OF metered FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
CREATE TABLE metered_2024 PARTITION OF metered FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
INSERT INTO metered SELECT '2023-06-01'::date + g, g % 3, g FROM generate_series(1, 400) g;
CREATE TABLE parent (id int PRIMARY KEY, p text);
CREATE TABLE child (c text, PRIMARY KEY (id)) INHERITS (parent);
INSERT INTO parent VALUES (1, 'of the parent');
INSERT INTO child VALUES (2, 'of the child', 'c');
