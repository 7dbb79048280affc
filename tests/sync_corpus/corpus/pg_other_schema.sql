-- source: postgres
-- trait: Tables in other schemas, two of them with one name.
-- least: orders 2
CREATE SCHEMA sales;
CREATE SCHEMA "Old Stock";
CREATE TABLE orders (id int PRIMARY KEY, what text);
CREATE TABLE sales.orders (id int PRIMARY KEY, what text);
CREATE TABLE sales.refunds (id int PRIMARY KEY);
CREATE TABLE "Old Stock"."Items.Old" (id int PRIMARY KEY);
INSERT INTO orders VALUES (1, 'public'), (2, 'public');
INSERT INTO sales.orders VALUES (1, 'sales');
INSERT INTO sales.refunds VALUES (1);
INSERT INTO "Old Stock"."Items.Old" VALUES (1);
