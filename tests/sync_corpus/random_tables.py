"""Random tables: types of each database, values at their limits, keys that differ by little, and changes of the rows."""

from dataclasses import dataclass, field

from databases import quoted

TEXTS = ["", " ", "a", "A", "a ", "a  ", "á", "a\u0301", "b", "B", "ß", "ss", "SS", "Z", "z", "_", "-", "a-b", "ab", "0", "00", "10", "9",
         "1e5", "NULL", "null", "\t", "\n", "'", '"', "`", "\\", "\\n", "%", "?", "$1", ":x", "é", "É", "ı", "İ", "i", "I", "😀", "😁", "\uffff",
         "\U0010ffff", "\u200b", "\ufeff", "Ａ", "true", "2024-01-01", "{}", "a,b", "x" * 30, "ÿ", "ø", "Ø", "Å", "中", "\x01", "\x7f"]
NAMES = ["plain", "MixedCase", "with blank", "order", "a.b", "größe", "ar_mine", "x" * 60, "quo'te", "1st"]
UUID = "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}"


@dataclass
class Type:
    declared: str
    # Returns a literal of SQL, from a random source.
    value: object
    # Whether a key can have this type.
    key: bool = True
    # Whether every database can keep every value that `value` makes.
    plain: bool = True
    # A statement before the table.
    before: str = ""


def string(text):
    return "'" + text.replace("'", "''") + "'"


def escaped(kind, text):
    """MySQL takes a backslash for an escape."""
    return string(text.replace("\\", "\\\\")) if kind in ("mysql", "mariadb") else string(text)


def integer(bits, signed=True):
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2 ** bits - 1)
    return lambda r: str(r.choice([0, 1, low, high, low + 1, high // 2, r.randint(max(low, -300), min(high, 300)), r.randint(low, high)]))


def text(kind, longest=40):
    def make(r):
        if r.random() < 0.5:
            return escaped(kind, r.choice(TEXTS)[:longest])
        base = "".join(r.choice("abcABCxyzXYZ019_- éÉß") for _ in range(r.randint(1, min(8, longest))))
        return escaped(kind, (base + r.choice(["", "", " ", "A"]))[:longest])
    return make


def decimal(precision, scale):
    def make(r):
        digits = r.choice([r.randint(0, 10 ** precision - 1), r.randint(0, 999), 10 ** precision - 1, 0, 1])
        whole = str(digits).zfill(scale + 1)
        return r.choice(["", "-"]) + (whole[:-scale] + "." + whole[-scale:] if scale else whole)
    return make


def double(r):
    return repr(r.choice([0.0, 1.0, 0.1, -0.3, 1e300, -1e-300, 9007199254740993.0, 123456789.123, 0.1 + 0.2, r.uniform(-1e3, 1e3), r.uniform(-1, 1), r.randint(-50, 50) / 7]))


def date(r):
    return f"'{r.choice([r.randint(1000, 9999), r.randint(1970, 2037), 2024])}-{r.randint(1, 12):02}-{r.randint(1, 28):02}'"


def moment(years=(1000, 9999), digits=6, joint=" ", end=""):
    def make(r):
        day = f"{r.choice([r.randint(*years), 2024])}-{r.randint(1, 12):02}-{r.randint(1, 28):02}"
        part = f".{r.choice([0, 1, 500000, 999999, r.randint(0, 999999)]):06}"[:digits + 1] if digits else ""
        return f"'{day}{joint}{r.randint(0, 23):02}:{r.randint(0, 59):02}:{r.randint(0, 59):02}{part}{end}'"
    return make


def clock(r):
    return f"'{r.randint(0, 23):02}:{r.randint(0, 59):02}:{r.randint(0, 59):02}.{r.choice([0, 1, 999999, 120000]):06}'"


def octets(prefix, suffix="'", longest=12):
    return lambda r: prefix + bytes(r.choice([0, 1, 32, 65, 97, 255, r.randint(0, 255)]) for _ in range(r.choice([0, 1, 2, longest]))).hex() + suffix


def uuid(upper=False):
    def make(r):
        made = UUID.format(r.getrandbits(32), r.getrandbits(16), r.getrandbits(12), r.getrandbits(12), r.getrandbits(48))
        return string(made.upper() if upper and r.random() < 0.5 else made)
    return make


def choice(*literals):
    return lambda r: r.choice(literals)


def json_text(kind, wild):
    numbers = ["0", "1", "-1", "1.5", "9007199254740993", "0.1"] + (["12345678901234567890123", "1e400", "0.1234567890123456789"] if wild else [])
    def make(r):
        number = r.choice(numbers)
        return escaped(kind, r.choice([number, "null", "true", '"x"', f'{{"a":{number},"b":[1,{{"c":null}}]}}', f"[{number},[]]", "{}", '{"é":"😀","":""}']
                                      + (['{"a":1,"a":2}'] if wild else [])))
    return make


def postgres():
    enum = "DROP TYPE IF EXISTS mood{0}; CREATE TYPE mood{0} AS ENUM ('zeta', 'alpha', 'mid', 'Alpha', '');"
    return [
        Type("int", integer(32)), Type("bigint", integer(64)), Type("smallint", integer(16)), Type("text", text("postgres")), Type("varchar(40)", text("postgres")),
        Type('text COLLATE "en-x-icu"', text("postgres")), Type("char(6)", text("postgres", 6)), Type("numeric(12,4)", decimal(12, 4)), Type("numeric(28,10)", decimal(28, 10)),
        Type("double precision", double), Type("boolean", choice("true", "false")), Type("date", date), Type("timestamp", moment()), Type("timestamptz", moment((1971, 2037), end="+00")),
        Type("time", clock), Type("bytea", octets("'\\x")), Type("uuid", uuid()), Type("mood{0}", choice("'zeta'", "'alpha'", "'mid'", "'Alpha'", "''"), before=enum),
        Type("jsonb", json_text("postgres", False), key=False), Type("jsonb", json_text("postgres", True), key=False, plain=False), Type("json", json_text("postgres", True), key=False, plain=False),
        Type("numeric", decimal(45, 20), plain=False), Type("numeric(20,0)", decimal(20, 0), plain=False), Type("inet", choice("'10.0.0.1'", "'10.0.0.0/8'", "'::1'", "'9.9.9.9'"), plain=False),
        Type("interval", choice("'1 day'", "'24:00:00'", "'1 mon -3 days 00:00:00.5'", "'-1 year'"), plain=False), Type("bit(9)", lambda r: f"B'{r.getrandbits(9):09b}'", plain=False),
        Type("int[]", choice("'{}'", "'{1,NULL}'", "'{{1,2},{3,4}}'", "'[0:1]={1,2}'"), plain=False), Type("text[]", choice("'{a,\"b c\"}'", "'{NULL,\"NULL\"}'", "'{}'"), plain=False),
        Type('"char"', choice("'a'", "'A'", "''", "' '"), plain=False), Type("money", choice("'1.50'", "'-1000000.01'", "'0'"), plain=False), Type("timestamp", choice("'infinity'", "'0044-03-15 BC'", "'2024-01-01'"), plain=False),
        Type("double precision", choice("'NaN'", "'Infinity'", "1.5", "-2"), key=False, plain=False), Type("real", lambda r: f"'{r.choice([0.1, 16777217, 3.4e38, r.uniform(-9, 9)])!r}'", plain=False),
    ]


def mysql(kind):
    nopad = "utf8mb4_0900_bin" if kind == "mysql" else "utf8mb4_nopad_bin"
    return [
        Type("int", integer(32)), Type("bigint", integer(64)), Type("tinyint", integer(8)), Type("bigint unsigned", integer(64, False)), Type("int unsigned", integer(32, False)),
        Type("varchar(40) COLLATE utf8mb4_bin", text(kind)), Type(f"varchar(40) COLLATE {nopad}", text(kind)), Type("varchar(40) COLLATE utf8mb4_general_ci", text(kind)),
        Type("varchar(40) COLLATE utf8mb4_unicode_ci", text(kind)), Type("char(8) COLLATE utf8mb4_general_ci", text(kind, 8)), Type("text", text(kind), key=False),
        Type("decimal(12,4)", decimal(12, 4)), Type("decimal(28,10)", decimal(28, 10)), Type("double", double), Type("date", date), Type("datetime(6)", moment()), Type("datetime", moment(digits=0)),
        Type("timestamp(6) NULL", moment((1971, 2037)), key=False), Type("time(6)", clock), Type("varbinary(20)", octets("x'")), Type("binary(8)", octets("x'", longest=8)), Type("blob", octets("x'"), key=False),
        Type("enum('zeta','alpha','mid','Beta')", choice("'zeta'", "'alpha'", "'mid'", "'Beta'")), Type("set('z','a','m','b')", choice("''", "'z'", "'a,z'", "'m'", "'b'", "'a,m'", "'z,a,m,b'", "'b,m'", "'b,z'")),
        Type("year", lambda r: str(r.randint(1901, 2155))), Type("json", json_text(kind, False), key=False), Type("json", json_text(kind, True), key=False, plain=False), Type("tinyint(1)", choice("0", "1", "2", "-7")),
        Type("decimal(65,30)", decimal(65, 30), plain=False), Type("bit(12)", lambda r: str(r.getrandbits(12)), plain=False), Type("time(3)", choice("'838:59:59'", "'-00:00:01.500'", "'12:00:00'"), plain=False),
        Type("datetime", choice("'0000-00-00 00:00:00'", "'2024-00-01 00:00:00'", "'2024-01-01 00:00:00'"), plain=False), Type("float", lambda r: repr(r.choice([0.1, 16777217, 3.4e38, r.uniform(-9, 9)])), plain=False),
        Type("varchar(30) CHARACTER SET latin1", text(kind), plain=False),
    ]


def sqlite():
    any_value = lambda r: r.choice([integer(64), text("sqlite"), double, octets("x'"), choice("NULL")])(r)
    return [
        Type("integer", integer(64)), Type("int", integer(32)), Type("text", text("sqlite")), Type("text COLLATE NOCASE", text("sqlite")), Type("varchar(5)", text("sqlite")), Type("real", double), Type("blob", octets("x'")),
        Type("boolean", choice("0", "1")), Type("date", date), Type("datetime", moment(digits=0)), Type("datetime", moment(digits=0, joint="T"), plain=False), Type("datetime", moment(end="Z"), plain=False),
        Type("uuid", uuid(upper=True), plain=False), Type("decimal(10,2)", decimal(10, 2), plain=False), Type("numeric", any_value, plain=False), Type("", any_value, plain=False), Type("integer", any_value, plain=False),
        Type("text", any_value, plain=False), Type("json", json_text("sqlite", True), key=False, plain=False), Type("timestamp", choice("1704067200", "'2024-01-01 00:00:00.123456789'", "'soon'"), plain=False), Type("bigint", integer(64)),
    ]


TYPES = {"postgres": postgres(), "mysql": mysql("mysql"), "mariadb": mysql("mariadb"), "sqlite": sqlite()}
ZERO = {"mysql": "SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO';", "mariadb": "SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO';"}


@dataclass
class RandomTable:
    kind: str
    name: str
    types: list
    key: int
    plain: bool
    rows: list = field(default_factory=list)

    @property
    def columns(self):
        return [f"k{place}" if place < self.key else f"c{place}" for place in range(len(self.types))]

    def quoted(self):
        return quoted(self.kind, self.name)

    def create(self):
        mine = [declared(kind, place) for place, kind in enumerate(self.types)]
        parts = [f"{name} {what}{' NOT NULL' if place < self.key else ''}" for place, (name, what) in enumerate(zip(self.columns, mine))]
        if self.key:
            parts.append(f"PRIMARY KEY ({', '.join(self.columns[:self.key])})")
        before = "".join(kind.before.format(place) + "\n" for place, kind in enumerate(self.types))
        return before + f"CREATE TABLE {self.quoted()} ({', '.join(parts)});"

    def row(self, r):
        nullable = lambda place: place >= self.key and r.random() < 0.1
        made = ["NULL" if nullable(place) else kind.value(r) for place, kind in enumerate(self.types)]
        return ["0" if place < self.key and value == "NULL" else value for place, value in enumerate(made)]

    def insert(self, rows):
        """Rows with a key that is there already are left out."""
        verb = {"sqlite": "INSERT OR IGNORE", "postgres": "INSERT"}.get(self.kind, "INSERT IGNORE")
        end = " ON CONFLICT DO NOTHING" if self.kind == "postgres" else ""
        values = ",\n".join("(" + ", ".join(row) + ")" for row in rows)
        return f"{verb} INTO {self.quoted()} VALUES\n{values}{end};"

    def where(self, row):
        """A condition that finds the row, or none, or a few more."""
        places = range(self.key or len(self.types))
        return " AND ".join(f"{self.columns[place]} {'IS' if row[place] == 'NULL' else '='} {row[place]}" for place in places)

    def changes(self, r):
        """Statements that change rows. Each can fail, if a key is there already."""
        out = [self.insert([self.row(r) for _ in range(r.randint(1, 20))])]
        for row in r.sample(self.rows, min(len(self.rows), r.randint(1, 25))):
            what = r.random()
            place = r.randrange(len(self.types))
            if what < 0.35:
                out.append(f"DELETE FROM {self.quoted()} WHERE {self.where(row)};")
            elif place >= self.key or what > 0.8:
                out.append(f"UPDATE {self.quoted()} SET {self.columns[place]} = {self.row(r)[place]} WHERE {self.where(row)};")
        return out


def declared(kind, place):
    return kind.declared.replace("{0}", str(place))


def table(r, kind, number):
    """Makes a table without rows: with a key of one to three columns, seldom without one."""
    known = TYPES[kind]
    wild = r.random() < 0.4
    usable = [one for one in known if wild or one.plain]
    key = r.choices([0, 1, 2, 3], [5, 55, 30, 10])[0]
    types = [r.choice([one for one in usable if one.key]) for _ in range(key)]
    types += [r.choice(usable) for _ in range(r.randint(1, 6))]
    name = f"t{number}" if r.random() < 0.7 else r.choice(NAMES) + f" {number}"
    return RandomTable(kind, name, types, key, key > 0 and all(one.plain for one in types))


def tables(r, kind):
    made = [table(r, kind, number) for number in range(r.choice([1, 1, 2, 3]))]
    for one in made:
        one.rows = [one.row(r) for _ in range(r.choice([0, 1, 10, 40, 100, 250, 400]))]
    return made


def script(kind, made):
    parts = [ZERO.get(kind, "")] + (["SET SESSION sql_mode = CONCAT(@@sql_mode, ',ALLOW_INVALID_DATES');"] if kind in ("mysql", "mariadb") else [])
    for one in made:
        parts.append(one.create())
        if one.rows:
            parts.append(one.insert(one.rows))
    return "\n".join(parts)
