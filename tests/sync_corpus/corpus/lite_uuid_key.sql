-- source: sqlite
-- trait: UUID keys in capitals and in small letters, more rows than a batch.
-- exact: sqlite
-- args: --batch 100
CREATE TABLE t (k uuid PRIMARY KEY, n int);
INSERT INTO t WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < 600)
    SELECT CASE WHEN i % 2 THEN printf('%08X-0000-4000-8000-%012X', (i * 2654435761) % 4294967296, i) ELSE printf('%08x-0000-4000-8000-%012x', (i * 2654435761) % 4294967296, i) END, i FROM g;
CREATE TABLE twice (k uuid PRIMARY KEY, n int);
INSERT INTO twice VALUES ('123E4567-E89B-12D3-A456-426655440000', 1), ('123e4567-e89b-12d3-a456-426655440000', 2), ('{123e4567-e89b-12d3-a456-426655440001}', 3), ('123e4567e89b12d3a456426655440002', 4);
CREATE TABLE plain (k char(36) PRIMARY KEY, n int);
INSERT INTO plain SELECT k, n FROM t;
