"""Reads tables and columns from the catalogs of the databases, and gives each column one of the kinds of `values`."""

from dataclasses import dataclass, field

from databases import quoted, rows

POSTGRES = {
    "int2": "int", "int4": "int", "int8": "int", "oid": "int", "numeric": "dec", "float4": "f32", "float8": "f64",
    "bool": "bool", "bytea": "bytes", "json": "json", "jsonb": "json", "date": "date", "timestamp": "datetime",
    "timestamptz": "datetime", "time": "time", "timetz": "timetz", "interval": "interval", "uuid": "uuid",
    "bit": "bits", "varbit": "bits", "money": "money", "inet": "inet", "cidr": "inet", "text": "text", "varchar": "text",
    "bpchar": "bpchar", "name": "text", "citext": "text", "char": "text",
}
MYSQL = {
    "tinyint": "int", "smallint": "int", "mediumint": "int", "int": "int", "bigint": "int", "year": "int", "decimal": "dec",
    "float": "f32", "double": "f64", "char": "bpchar", "binary": "bytes", "varbinary": "bytes", "tinyblob": "bytes",
    "blob": "bytes", "mediumblob": "bytes", "longblob": "bytes", "vector": "bytes", "bit": "bits", "date": "date",
    "datetime": "datetime", "timestamp": "datetime", "time": "time", "json": "json", "inet4": "inet", "inet6": "inet",
    "uuid": "uuid",
}
SHAPES = {"geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon",
          "geometrycollection", "geomcollection"}


@dataclass
class Column:
    name: str
    declared: str
    kind: str
    # The kind of the elements of an array, the number of bits of a bit string.
    detail: object = None


@dataclass
class Table:
    name: str
    schema: str | None = None
    columns: list = field(default_factory=list)
    key: list = field(default_factory=list)

    @property
    def full_name(self):
        return f"{self.schema}.{self.name}" if self.schema not in (None, "public") else self.name


@dataclass
class Schema:
    tables: list
    # Views and other objects that can be read, but are no tables.
    views: list


def literal(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def read(connection, kind):
    """Returns the schema of a database."""
    return {"sqlite": sqlite, "postgres": postgres}.get(kind, mysql)(connection, kind)


def sqlite(connection, kind):
    found = rows(connection, kind, "SELECT name, type FROM pragma_table_list WHERE schema = 'main'")
    tables = []
    for name in sorted(name for name, what in found if what == "table" and not name.startswith("sqlite_")):
        table = Table(name)
        info = rows(connection, kind, f"PRAGMA table_xinfo({quoted(kind, name)})")
        # A hidden column of kind 1 belongs to a virtual table; 2 and 3 are generated columns.
        table.columns = [Column(row[1], row[2], "any") for row in info if row[6] != 1]
        table.key = [row[1] for row in sorted((row for row in info if row[5]), key=lambda row: row[5])]
        tables.append(table)
    return Schema(tables, sorted(name for name, what in found if what in ("view", "virtual")))


def postgres(connection, kind):
    ours = """
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')"""
    tables = []
    for oid, schema, name in rows(connection, kind, "SELECT c.oid, n.nspname, c.relname" + ours + """
            AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 2, 3"""):
        table = Table(name, schema)
        for column in rows(connection, kind, f"""
                WITH RECURSIVE base AS (
                    SELECT a.attnum, a.attname, format_type(a.atttypid, a.atttypmod) AS declared, a.atttypid AS type
                    FROM pg_attribute a WHERE a.attrelid = {oid} AND a.attnum > 0 AND NOT a.attisdropped
                    UNION ALL
                    SELECT b.attnum, b.attname, b.declared, t.typbasetype FROM base b JOIN pg_type t ON t.oid = b.type
                    WHERE t.typtype = 'd')
                SELECT b.attname, b.declared, t.typname, t.typtype, t.typcategory, e.typname
                FROM base b JOIN pg_type t ON t.oid = b.type LEFT JOIN pg_type e ON e.oid = t.typelem
                WHERE t.typtype <> 'd' ORDER BY b.attnum"""):
            table.columns.append(postgres_column(*column))
        table.key = [key for (key,) in rows(connection, kind, f"""
            SELECT a.attname FROM pg_index i CROSS JOIN unnest(i.indkey) WITH ORDINALITY k(n, place)
            JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.n
            WHERE i.indrelid = {oid} AND i.indisprimary AND k.place <= i.indnkeyatts ORDER BY k.place""")]
        tables.append(table)
    views = rows(connection, kind, "SELECT n.nspname, c.relname" + ours + " AND c.relkind IN ('v', 'm', 'f') ORDER BY 1, 2")
    return Schema(tables, [name if schema == "public" else f"{schema}.{name}" for schema, name in views])


def postgres_column(name, declared, type_name, type_type, category, element):
    if category == "A" and element:
        return Column(name, declared, "array", POSTGRES.get(element, "text"))
    if type_type == "e":
        return Column(name, declared, "text")
    return Column(name, declared, POSTGRES.get(type_name, "other"))


def mysql(connection, kind):
    found = rows(connection, kind, """
        SELECT TABLE_NAME, TABLE_TYPE FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() ORDER BY 1""")
    tables, views = [], [name for name, what in found if what in ("VIEW", "SEQUENCE")]
    for name, what in found:
        if what in ("VIEW", "SEQUENCE"):
            continue
        table = Table(name)
        checked = valid_json(connection, kind, name) if kind == "mariadb" else set()
        for column, data_type, column_type in rows(connection, kind, f"""
                SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE FROM information_schema.COLUMNS
                WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = {literal(name)} ORDER BY ORDINAL_POSITION"""):
            what_kind = "geometry" if data_type in SHAPES else MYSQL.get(data_type, "text")
            if column in checked and data_type == "longtext":
                what_kind = "json"
            width = int(column_type[4:-1]) if data_type == "bit" else None
            table.columns.append(Column(column, column_type, what_kind, width))
        table.key = [key for (key,) in rows(connection, kind, f"""
            SELECT COLUMN_NAME FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE()
            AND TABLE_NAME = {literal(name)} AND INDEX_NAME = 'PRIMARY' ORDER BY SEQ_IN_INDEX""")]
        tables.append(table)
    return Schema(tables, views)


def valid_json(connection, kind, name):
    """MariaDB keeps JSON in a LONGTEXT with a check."""
    checks = rows(connection, kind, f"""
        SELECT CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS
        WHERE CONSTRAINT_SCHEMA = DATABASE() AND TABLE_NAME = {literal(name)}""")
    marked = [check.strip() for (check,) in checks if check.lower().startswith("json_valid(`")]
    return {check[len("json_valid(`"):-2].replace("``", "`") for check in marked}


def select_all(table, kind):
    """Returns the query of all rows, without an order."""
    def expression(column):
        name = quoted(kind, column.name)
        if column.declared.startswith("vector"):
            return f"HEX({name})"
        # The text of a FLOAT has six digits. As a double it is exact.
        return f"{name} * 1e0" if kind in ("mysql", "mariadb") and column.kind == "f32" else name
    place = f"{quoted(kind, table.schema)}." if table.schema else ""
    return f"SELECT {', '.join(map(expression, table.columns))} FROM {place}{quoted(kind, table.name)}"


def count(connection, kind, table):
    place = f"{quoted(kind, table.schema)}." if table.schema else ""
    return int(rows(connection, kind, f"SELECT COUNT(*) FROM {place}{quoted(kind, table.name)}")[0][0])
