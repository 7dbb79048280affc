-- source: sqlite
-- trait: A table with 120 columns of six types.
-- exact: all
CREATE TABLE wide (id integer PRIMARY KEY, c1 text, c2 real, c3 blob, c4 datetime, c5 boolean, c6 int, c7 text, c8 real, c9 blob, c10
datetime, c11 boolean, c12 int, c13 text, c14 real, c15 blob, c16 datetime, c17 boolean, c18 int, c19 text, c20 real, c21 blob, c22
datetime, c23 boolean, c24 int, c25 text, c26 real, c27 blob, c28 datetime, c29 boolean, c30 int, c31 text, c32 real, c33 blob, c34
datetime, c35 boolean, c36 int, c37 text, c38 real, c39 blob, c40 datetime, c41 boolean, c42 int, c43 text, c44 real, c45 blob, c46
datetime, c47 boolean, c48 int, c49 text, c50 real, c51 blob, c52 datetime, c53 boolean, c54 int, c55 text, c56 real, c57 blob, c58
datetime, c59 boolean, c60 int, c61 text, c62 real, c63 blob, c64 datetime, c65 boolean, c66 int, c67 text, c68 real, c69 blob, c70
datetime, c71 boolean, c72 int, c73 text, c74 real, c75 blob, c76 datetime, c77 boolean, c78 int, c79 text, c80 real, c81 blob, c82
datetime, c83 boolean, c84 int, c85 text, c86 real, c87 blob, c88 datetime, c89 boolean, c90 int, c91 text, c92 real, c93 blob, c94
datetime, c95 boolean, c96 int, c97 text, c98 real, c99 blob, c100 datetime, c101 boolean, c102 int, c103 text, c104 real, c105 blob, c106
datetime, c107 boolean, c108 int, c109 text, c110 real, c111 blob, c112 datetime, c113 boolean, c114 int, c115 text, c116 real, c117 blob,
c118 datetime, c119 boolean);
INSERT INTO wide WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < 60) SELECT i, 't' || i, i / 7.0, CAST('b' || i AS
BLOB), datetime(1700000000 + i, 'unixepoch'), i % 2, i, 't' || i, i / 7.0, CAST('b' || i AS BLOB), datetime(1700000000 + i, 'unixepoch'), i
% 2, i, 't' || i, i / 7.0, CAST('b' || i AS BLOB), datetime(1700000000 + i, 'unixepoch'), i % 2, i, 't' || i, i / 7.0, CAST('b' || i AS
BLOB), datetime(1700000000 + i, 'unixepoch'), i % 2, i, 't' || i, i / 7.0, CAST('b' || i AS BLOB), datetime(1700000000 + i, 'unixepoch'), i
% 2, i, 't' || i, i / 7.0, CAST('b' || i AS BLOB), datetime(1700000000 + i, 'unixepoch'), i % 2, i, 't' || i, i / 7.0, CAST('b' || i AS
BLOB), datetime(1700000000 + i, 'unixepoch'), i % 2, i, 't' || i, i / 7.0, CAST('b' || i AS BLOB), datetime(1700000000 + i, 'unixepoch'), i
% 2, i, 't' || i, i / 7.0, CAST('b' || i AS BLOB), datetime(1700000000 + i, 'unixepoch'), i % 2, i, 't' || i, i / 7.0, CAST('b' || i AS
BLOB), datetime(1700000000 + i, 'unixepoch'), i % 2, i, 't' || i, i / 7.0, CAST('b' || i AS BLOB), datetime(1700000000 + i, 'unixepoch'), i
% 2, i, 't' || i, i / 7.0, CAST('b' || i AS BLOB), datetime(1700000000 + i, 'unixepoch'), i % 2, i, 't' || i, i / 7.0, CAST('b' || i AS
BLOB), datetime(1700000000 + i, 'unixepoch'), i % 2, i, 't' || i, i / 7.0, CAST('b' || i AS BLOB), datetime(1700000000 + i, 'unixepoch'), i
% 2, i, 't' || i, i / 7.0, CAST('b' || i AS BLOB), datetime(1700000000 + i, 'unixepoch'), i % 2, i, 't' || i, i / 7.0, CAST('b' || i AS
BLOB), datetime(1700000000 + i, 'unixepoch'), i % 2, i, 't' || i, i / 7.0, CAST('b' || i AS BLOB), datetime(1700000000 + i, 'unixepoch'), i
% 2, i, 't' || i, i / 7.0, CAST('b' || i AS BLOB), datetime(1700000000 + i, 'unixepoch'), i % 2, i, 't' || i, i / 7.0, CAST('b' || i AS
BLOB), datetime(1700000000 + i, 'unixepoch'), i % 2, i, 't' || i, i / 7.0, CAST('b' || i AS BLOB), datetime(1700000000 + i, 'unixepoch'), i
% 2 FROM g;
