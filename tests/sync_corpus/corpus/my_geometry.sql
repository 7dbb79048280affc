-- source: mysql mariadb
-- trait: Geometries.
-- exact: all
CREATE TABLE places (id int PRIMARY KEY, g geometry, p point, l linestring, a polygon, mp multipoint, ml multilinestring, ma multipolygon, c geometrycollection);
INSERT INTO places VALUES (1, ST_GeomFromText('POINT(1 2)'), ST_GeomFromText('POINT(0.1 -0.30000000000000004)'), ST_GeomFromText('LINESTRING(0 0,1 1,2 0.5)'),
    ST_GeomFromText('POLYGON((0 0,10 0,10 10,0 10,0 0),(1 1,2 1,2 2,1 2,1 1))'), ST_GeomFromText('MULTIPOINT(1 1,2 2)'), ST_GeomFromText('MULTILINESTRING((0 0,1 1),(2 2,3 3))'),
    ST_GeomFromText('MULTIPOLYGON(((0 0,1 0,1 1,0 0)),((5 5,6 5,6 6,5 5)))'), ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 1),LINESTRING(0 0,1 1))'));
INSERT INTO places (id) VALUES (2);
INSERT INTO places (id, p) VALUES (3, ST_GeomFromText('POINT(12345678.123456789 1e-10)', 3857));
