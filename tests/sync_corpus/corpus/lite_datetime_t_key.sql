-- source: sqlite
-- trait: Keys that are datetimes with T, and with several spellings, with more rows a day than a batch.
-- exact: sqlite
-- args: --batch 500
CREATE TABLE t (k datetime PRIMARY KEY, v int);
INSERT INTO t WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < 3000) SELECT strftime('%Y-%m-%dT%H:%M:%S', 1700006400 + i * 60, 'unixepoch'), i FROM g;
CREATE TABLE spellings (k datetime PRIMARY KEY, v int);
INSERT INTO spellings WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < 1500)
    SELECT strftime(CASE i % 5 WHEN 0 THEN '%Y-%m-%dT%H:%M:%S' WHEN 1 THEN '%Y-%m-%d %H:%M:%S' WHEN 2 THEN '%Y-%m-%dT%H:%M:%SZ' WHEN 3 THEN '%Y-%m-%d %H:%M:%S.000' ELSE '%Y-%m-%d %H:%M:%S+00:00' END, 1700006400 + i * 60, 'unixepoch'), i FROM g;
CREATE TABLE same_moment (k datetime PRIMARY KEY, v int);
INSERT INTO same_moment VALUES ('2024-01-01 10:00:00', 1), ('2024-01-01T10:00:00', 2), ('2024-01-01 10:00:00.0', 3), ('2024-01-01 11:00:00', 4);
CREATE TABLE dates (k date, b text, v int, PRIMARY KEY (k, b));
INSERT INTO dates WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < 1200) SELECT date('2024-01-01', (i / 700) || ' days'), 'b' || i, i FROM g;
