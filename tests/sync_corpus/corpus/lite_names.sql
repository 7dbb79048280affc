-- source: sqlite
-- trait: Names with dots, blanks, quotes, reserved words, other scripts; a long name.
-- exact: sqlite
CREATE TABLE "a.b" (id integer PRIMARY KEY, "c.d" int);
INSERT INTO "a.b" VALUES (1, 2);
CREATE TABLE "select" ("from" integer PRIMARY KEY, "where" text, "user" int);
INSERT INTO "select" VALUES (1, 'w', 2);
CREATE TABLE "has ""quotes"" and `ticks`" (id integer PRIMARY KEY, "it's" int, "q?" int, ":n" int, "" int);
INSERT INTO "has ""quotes"" and `ticks`" VALUES (1, 2, 3, 4, 5);
CREATE TABLE "中文 表" (id integer PRIMARY KEY, "größe" int);
INSERT INTO "中文 表" VALUES (1, 2);
CREATE TABLE "MixedCase" ("Id" integer PRIMARY KEY, "fooBar" int);
INSERT INTO "MixedCase" VALUES (1, 2);
CREATE TABLE "a_very_long_name_of_a_table_that_no_server_takes_because_it_has_more_than_sixty_four_characters_1" (id integer PRIMARY KEY, "a_very_long_name_of_a_column_that_no_server_takes_because_it_has_more_than_sixty_four_1" int, "a_very_long_name_of_a_column_that_no_server_takes_because_it_has_more_than_sixty_four_2" int);
CREATE TABLE "a_very_long_name_of_a_table_that_no_server_takes_because_it_has_more_than_sixty_four_characters_2" (id integer PRIMARY KEY);
INSERT INTO "a_very_long_name_of_a_table_that_no_server_takes_because_it_has_more_than_sixty_four_characters_1" VALUES (1, 2, 3);
INSERT INTO "a_very_long_name_of_a_table_that_no_server_takes_because_it_has_more_than_sixty_four_characters_2" VALUES (4);
CREATE TABLE ar_orders (id integer PRIMARY KEY);
INSERT INTO ar_orders VALUES (1);
CREATE TABLE plain (id integer PRIMARY KEY, "Group" int);
INSERT INTO plain VALUES (1, 2);
