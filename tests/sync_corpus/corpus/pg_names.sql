-- source: postgres
-- trait: Names with dots, blanks, quotes, reserved words, other scripts, and names of 63 bytes.
-- exact: postgres
CREATE TABLE "a.b" (id int PRIMARY KEY, "c.d" int);
INSERT INTO "a.b" VALUES (1, 2);
CREATE TABLE "select" ("from" int PRIMARY KEY, "where" text, "order" int, "key" int, "values" int);
INSERT INTO "select" VALUES (1, 'w', 2, 3, 4);
CREATE TABLE "has ""quotes"" and `ticks`" (id int PRIMARY KEY, "it's" int, "back\slash" int, "percent%" int, "q?" int, "$1" int, ":n" int);
INSERT INTO "has ""quotes"" and `ticks`" VALUES (1, 2, 3, 4, 5, 6, 7);
CREATE TABLE U&"\00fc\00f1\00ed \4e2d\6587" (id int PRIMARY KEY, U&"\+01F600" int);
INSERT INTO U&"\00fc\00f1\00ed \4e2d\6587" VALUES (1, 2);
CREATE TABLE "MixedCase" ("Id" int PRIMARY KEY, "fooBar" text);
INSERT INTO "MixedCase" VALUES (1, 'x');
CREATE TABLE " leading" (id int PRIMARY KEY, " x" int);
INSERT INTO " leading" VALUES (1, 2);
CREATE TABLE an_extremely_long_name_of_a_table_that_has_sixty_three_bytes_aa (id int PRIMARY KEY, an_extremely_long_name_of_a_column_that_has_sixty_three_byte_aa int);
INSERT INTO an_extremely_long_name_of_a_table_that_has_sixty_three_bytes_aa VALUES (1, 2);
CREATE TABLE an_extremely_long_name_of_a_table_that_has_sixty_three_bytes_ab (id int PRIMARY KEY);
INSERT INTO an_extremely_long_name_of_a_table_that_has_sixty_three_bytes_ab VALUES (1), (2);
CREATE TABLE "rowid" (id int PRIMARY KEY, oid int, rowid int, "_rowid_" int, "COUNT(*)" int);
INSERT INTO "rowid" VALUES (1, 2, 3, 4, 5);
