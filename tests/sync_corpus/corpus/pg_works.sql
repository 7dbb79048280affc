-- source: postgres
-- trait: A manufacturer: several schemas, mixed-case names, UUIDs, xml, money and intervals, views across schemas.
CREATE SCHEMA production;
CREATE SCHEMA humanresources;
CREATE DOMAIN "Flag" AS boolean NOT NULL;
CREATE TABLE production.product (productid serial PRIMARY KEY, name varchar(50) NOT NULL, makeflag "Flag" DEFAULT true, standardcost numeric NOT NULL, listprice money, weight numeric(8, 2), rowguid uuid NOT NULL DEFAULT gen_random_uuid(), modified timestamp NOT NULL DEFAULT now());
CREATE TABLE production.document (documentnode varchar DEFAULT '/' PRIMARY KEY, content bytea, notes xml);
CREATE TABLE humanresources.employee (businessentityid int PRIMARY KEY, jobtitle varchar(50), shift interval, gender char(1), salaried "Flag");
CREATE TABLE "Department" ("DepartmentID" serial PRIMARY KEY, "GroupName" varchar(50));
CREATE VIEW humanresources.vemployee AS SELECT businessentityid FROM humanresources.employee;
INSERT INTO production.product (name, makeflag, standardcost, listprice) SELECT 'Teil ' || g, g % 2 = 0, g / 3.0, g::numeric::money FROM generate_series(1, 30) g;
INSERT INTO production.document VALUES ('/', NULL, '<root/>'), ('/1/', '\x504b0304', NULL);
INSERT INTO humanresources.employee VALUES (1, 'Chief', '8 hours', 'F', true);
INSERT INTO "Department" ("GroupName") VALUES ('R&D'), (NULL);
