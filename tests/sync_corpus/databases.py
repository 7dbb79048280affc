"""Databases of the corpus: creates, fills, reads and drops them. Uses the drivers directly, and nothing of the Rust code."""

import os
import sqlite3
import threading
import urllib.parse
from pathlib import Path

import psycopg
import pymysql

KINDS = ("sqlite", "postgres", "mariadb", "mysql")
VARIABLES = {kind: f"DATABASE_URL_{kind.upper()}" for kind in KINDS[1:]}
# CREATE DATABASE copies a template, which must have no other session.
CREATING = threading.Lock()


def quoted(kind, name):
    """Returns a quoted identifier."""
    mark = "`" if kind in ("mysql", "mariadb") else '"'
    return mark + name.replace(mark, mark * 2) + mark


def kind_of(url):
    """Returns the kind of the database that a URL names."""
    scheme = url.split(":", 1)[0]
    kind = {"postgres": "postgres", "postgresql": "postgres"}.get(scheme, scheme)
    if kind not in KINDS:
        raise ValueError(f"no driver for the scheme {scheme!r}")
    return kind


def path_of(url):
    """Returns the path of the file of a SQLite URL."""
    return urllib.parse.unquote(url.split("://", 1)[1].split("?", 1)[0])


def open_url(url):
    """Opens a database. Texts of SQLite keep bytes that are not UTF-8."""
    kind = kind_of(url)
    if kind == "sqlite":
        connection = sqlite3.connect(path_of(url), timeout=30, isolation_level=None, check_same_thread=False)
        connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
        return connection
    parts = urllib.parse.urlsplit(url)
    password = urllib.parse.unquote(parts.password or "")
    database = urllib.parse.unquote(parts.path[1:])
    if kind == "postgres":
        connection = psycopg.connect(
            host=parts.hostname, port=parts.port or 5432, user=parts.username, password=password, dbname=database,
            autocommit=True, connect_timeout=20)
        for setting in ("TimeZone TO 'UTC'", "DateStyle TO 'ISO'", "IntervalStyle TO 'postgres'",
                        "bytea_output TO 'hex'", "extra_float_digits TO 1", "client_min_messages TO 'error'"):
            connection.execute("SET " + setting)
        return connection
    connection = pymysql.connect(
        host=parts.hostname, port=parts.port or 3306, user=parts.username, password=password, database=database,
        charset="utf8mb4", conv={}, autocommit=True, connect_timeout=20, read_timeout=120,
        client_flag=pymysql.constants.CLIENT.MULTI_STATEMENTS)
    script(connection, kind, "SET time_zone = '+00:00'")
    return connection


def script(connection, kind, text):
    """Runs statements that are separated by semicolons."""
    if kind == "sqlite":
        connection.executescript(text)
    elif kind == "postgres":
        connection.execute(text.encode())
    else:
        with connection.cursor() as cursor:
            cursor.execute(text)
            while cursor.nextset():
                pass


def rows(connection, kind, query):
    """Reads all rows: texts of PostgreSQL as its output functions write them, native values of SQLite."""
    if kind == "sqlite":
        return connection.execute(query).fetchall()
    if kind == "postgres":
        answer = connection.pgconn.exec_params(query.encode(), None)
        if answer.status != psycopg.pq.ExecStatus.TUPLES_OK:
            raise RuntimeError(f"{query}: {answer.error_message.decode()}")
        width = range(answer.nfields)
        decoded = lambda raw: None if raw is None else raw.decode()
        return [tuple(decoded(answer.get_value(row, column)) for column in width) for row in range(answer.ntuples)]
    with connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def present(kind):
    """Whether there is a server of this kind. SQLite needs none."""
    return kind == "sqlite" or bool(os.environ.get(VARIABLES[kind]))


class Database:
    """A fresh database: a file, or a database on the server of the environment."""

    def __init__(self, kind, name, folder):
        self.kind, self.name = kind, name
        if kind == "sqlite":
            self.path = Path(folder) / f"{name}.db"
            self.url = f"sqlite://{self.path}?mode=rwc"
        else:
            self.server = os.environ[VARIABLES[kind]]
            self.url = urllib.parse.urlsplit(self.server)._replace(path="/" + name).geturl()

    def create(self):
        self.drop()
        if self.kind == "sqlite":
            open_url(self.url).close()
        elif self.kind == "postgres":
            with CREATING:
                self._on_server(f'CREATE DATABASE "{self.name}"')
        else:
            collation = "utf8mb4_bin"
            self._on_server(f"CREATE DATABASE `{self.name}` CHARACTER SET utf8mb4 COLLATE {collation}")

    def load(self, text):
        """Runs a script with the settings of a new session."""
        connection = open_url(self.url)
        try:
            script(connection, self.kind, text)
        finally:
            connection.close()

    def drop(self):
        if self.kind == "sqlite":
            for ending in ("", "-wal", "-shm", "-journal"):
                Path(f"{self.path}{ending}").unlink(missing_ok=True)
        elif self.kind == "postgres":
            self._on_server(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')
        else:
            self._on_server(f"DROP DATABASE IF EXISTS `{self.name}`")

    def _on_server(self, statement):
        connection = open_url(self.server)
        try:
            script(connection, self.kind, statement)
        finally:
            connection.close()
