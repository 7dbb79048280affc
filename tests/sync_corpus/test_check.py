#!/usr/bin/env python3
"""Tests the checker itself: plants differences, and looks whether it finds each, and nothing else.

Compares SQLite with every database of the environment, in both directions.
"""

import os
import tempfile
import unittest

import check
import verdict
from databases import KINDS, Database, present
from program import Answer, foreign_words, parse

TYPES = {
    "sqlite": ("text", "text", "text", "blob", "real", "integer", "text"),
    "postgres": ("text", "numeric", "timestamp", "bytea", "double precision", "bigint", "jsonb"),
    "mysql": ("varchar(50) COLLATE utf8mb4_0900_bin", "decimal(40,10)", "datetime(6)", "blob", "double", "bigint", "json"),
    "mariadb": ("varchar(50) COLLATE utf8mb4_nopad_bin", "decimal(40,10)", "datetime(6)", "blob", "double", "bigint", "json"),
}
COLUMNS = ("k", "d", "t", "b", "f", "i", "j")
ROWS = [
    ("a", "123456789012345678901234.5678", "2024-01-01 10:00:00.000001", "00ff", "0.1", "1", '{"n":1,"m":[1,2.5]}'),
    ("a ", "0.1", "2024-01-01 10:00:00", "", "1e300", "2", "1"),
    ("A", "-5", "1999-12-31 23:59:59.5", "41", "-0.3", "9223372036854775807", '"x"'),
    ("", "7", "2024-02-29 00:00:00", "00", "3", "0", "null"),
]
# What is changed in the target, and the key and the column in which the checker must find it.
CHANGES = {
    "the last digit of a decimal": ("UPDATE t SET d = {0} WHERE i = 1", "123456789012345678901234.5679", "different", "d"),
    "a microsecond": ("UPDATE t SET t = {0} WHERE i = 1", "2024-01-01 10:00:00.000002", "different", "t"),
    "the last bit of a double": ("UPDATE t SET f = {0} WHERE i = 1", "0.10000000000000002", "different", "f"),
    "a byte": ("UPDATE t SET b = {0} WHERE i = 1", "00fe", "different", "b"),
    "a large integer by one": ("UPDATE t SET i = {0} WHERE i = 9223372036854775807", "9223372036854775806", "different", "i"),
    "a number in JSON": ("UPDATE t SET j = {0} WHERE i = 1", '{"n":1,"m":[1,2.6]}', "different", "j"),
    "NULL": ("UPDATE t SET d = NULL WHERE i = 1", None, "different", "d"),
    "a missing row": ("DELETE FROM t WHERE i = 2", None, "missing", None),
    "an extra row": ("INSERT INTO t (k, i) VALUES ({0}, 3)", "extra", "extra", None),
    "a blank at the end of a key": ("UPDATE t SET k = {0} WHERE i = 1", "a  ", "both", None),
    "the case of a key": ("UPDATE t SET k = {0} WHERE i = 9223372036854775807", "b", "both", None),
}


def literal(kind, column, value):
    if value is None:
        return "NULL"
    if column == "b":
        return f"'\\x{value}'" if kind == "postgres" else f"x'{value}'"
    if column in ("f", "i") or (column == "d" and kind != "sqlite"):
        return value
    return "'" + value.replace("'", "''") + "'"


def table(kind, rows=ROWS):
    columns = ", ".join(f"{name} {declared}" for name, declared in zip(COLUMNS, TYPES[kind]))
    values = ", ".join("(" + ", ".join(literal(kind, *cell) for cell in zip(COLUMNS, row)) + ")" for row in rows)
    return f"CREATE TABLE t ({columns}, PRIMARY KEY (k)); INSERT INTO t VALUES {values};"


class Pairs(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.made = []

    def tearDown(self):
        for database in self.made:
            database.drop()
        self.folder.cleanup()

    def database(self, kind, text):
        made = Database(kind, f"checker_{os.getpid()}_{len(self.made)}", self.folder.name)
        self.made.append(made)
        made.create()
        made.load(text)
        return made

    def pairs(self):
        kinds = [kind for kind in KINDS if present(kind)]
        return [("sqlite", kind) for kind in kinds] + [(kind, "sqlite") for kind in kinds[1:]]

    def test_equal_tables_are_equal(self):
        for source, target in self.pairs():
            with self.subTest(source=source, target=target):
                a, b = self.database(source, table(source)), self.database(target, table(target, ROWS[::-1]))
                self.assertEqual(check.summary(check.check(a.url, b.url)), [])

    def test_every_planted_difference_is_found(self):
        for source, target in self.pairs():
            a, b = self.database(source, table(source)), self.database(target, table(target))
            for name, (statement, value, kind, column) in CHANGES.items():
                with self.subTest(source=source, target=target, change=name):
                    b.load("DELETE FROM t; " + table(target).split("; ", 1)[1])
                    place = statement.split("SET ")[1][0] if "SET" in statement else "k"
                    b.load(statement.format(literal(target, place, value)))
                    report = check.check(a.url, b.url)
                    found = report["tables"][0]
                    counts = (found["missing"], found["extra"], found["different"])
                    expected = {"missing": (1, 0, 0), "extra": (0, 1, 0), "different": (0, 0, 1), "both": (1, 1, 0)}[kind]
                    self.assertEqual(counts, expected, check.summary(report))
                    if column:
                        self.assertEqual(list(found["rows"][0]["columns"]), [column])

    def test_tables_and_columns_that_are_missing(self):
        text = "CREATE TABLE a (id integer PRIMARY KEY, v text, w text); CREATE TABLE b (id integer PRIMARY KEY); CREATE VIEW c AS SELECT 1 AS one;"
        a, b = self.database("sqlite", text), self.database("sqlite", "CREATE TABLE a (id integer PRIMARY KEY, v text, x text);")
        report = check.check(a.url, b.url)
        self.assertEqual([gone["table"] for gone in report["missing_tables"]], ["b"])
        self.assertEqual(report["missing_views"], ["c"])
        self.assertEqual((report["tables"][0]["missing_columns"], report["tables"][0]["extra_columns"]), (["w"], ["x"]))

    def test_duplicates_without_a_key_are_counted(self):
        text = "CREATE TABLE a (v text); INSERT INTO a VALUES ('x'), ('x'), (NULL)"
        a, b = self.database("sqlite", text), self.database("sqlite", text.replace("('x'), ('x')", "('x')"))
        found = check.check(a.url, b.url)["tables"][0]
        self.assertEqual((found["missing"], found["extra"]), (1, 0))

    def test_a_truth_value_is_a_number_elsewhere(self):
        if not present("postgres"):
            self.skipTest("no PostgreSQL")
        text = "CREATE TABLE a (id int PRIMARY KEY, b {}); INSERT INTO a VALUES (1, {}), (2, {})"
        a = self.database("sqlite", text.format("tinyint", 1, 0))
        b = self.database("postgres", text.format("boolean", "true", "false"))
        self.assertTrue(check.check(a.url, b.url)["equal"])
        self.assertTrue(check.check(b.url, a.url)["equal"])
        two = self.database("sqlite", text.format("tinyint", 2, 0))
        self.assertEqual(check.check(two.url, b.url)["tables"][0]["different"], 1)

    def test_json_keeps_numbers_and_duplicate_members(self):
        text = "CREATE TABLE a (id integer PRIMARY KEY, j text); INSERT INTO a VALUES (1, {}), (2, {})"
        if not present("postgres"):
            self.skipTest("no PostgreSQL")
        lite = text.format("""'{"a":1,"a":2}'""", "'12345678901234567890123'")
        a = self.database("postgres", text.replace("j text", "j json").format("""'{"a":1,"a":2}'""", "'12345678901234567890123'"))
        same = self.database("sqlite", lite)
        lost = self.database("sqlite", text.format("""'{"a":2}'""", "'12345678901234567890124'"))
        self.assertTrue(check.check(a.url, same.url)["equal"])
        self.assertEqual(check.check(a.url, lost.url)["tables"][0]["different"], 2)


class Verdicts(unittest.TestCase):
    REPORT = {"equal": False, "missing_tables": [], "missing_views": [], "tables": [{
        "table": "t", "source_rows": 2, "target_rows": 1, "missing": 1, "extra": 0, "different": 0, "missing_columns": [],
        "extra_columns": [], "rows": [{"kind": "missing", "key": {"id": "7"}}]}]}

    def answer(self, code, out, err=""):
        return parse(Answer(code, out, err, 0.1))

    def test_exit_0_with_a_difference_is_a_fault(self):
        self.assertTrue(verdict.of_sync(self.answer(0, "[]"), self.REPORT))

    def test_a_named_row_is_no_fault(self):
        named = '{"tables":[{"table":"t","outcome":"copied","refused":1,"bad_rows":[{"key":"id = 7","why":"x"}]}]}'
        self.assertEqual(verdict.of_sync(self.answer(3, named), self.REPORT), [])
        self.assertTrue(verdict.of_sync(self.answer(3, named.replace("= 7", "= 8")), self.REPORT))
        self.assertTrue(verdict.of_sync(self.answer(3, named.replace('"t"', '"u"')), self.REPORT))

    def test_a_table_that_is_named_as_a_whole_is_no_fault(self):
        gone = '{"tables":[],"left_out":[{"what":"table","name":"t","why":"x"}]}'
        self.assertEqual(verdict.of_sync(self.answer(3, gone), self.REPORT), [])

    def test_other_ends_are_faults(self):
        for code in (None, 1, 2, 101, -9):
            self.assertTrue(verdict.of_sync(self.answer(code, "[]"), self.REPORT))
        self.assertTrue(verdict.of_verify(self.answer(0, "[]"), self.REPORT))
        self.assertTrue(verdict.of_repeat(self.answer(0, '[{"table":"t","written":1}]'), self.answer(0, "[]")))

    def test_words_of_rust_in_messages(self):
        self.assertTrue(foreign_words(self.answer(1, "", "cannot be read as rust_decimal::Decimal")))
        self.assertTrue(foreign_words(self.answer(1, "", "thread 'main' panicked at src")))
        self.assertFalse(foreign_words(self.answer(1, "", "the default is nextval('a'::regclass); the address ::1")))


if __name__ == "__main__":
    unittest.main()
