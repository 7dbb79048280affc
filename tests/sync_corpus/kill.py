#!/usr/bin/env python3
"""Kills `activerecord sync` with SIGKILL at random moments until it gets through, and lets the checker compare. Again and
again, for every pair of databases in turn, until it has killed as often as `--times` says."""

import argparse
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import check
import run
import schema
import verdict
from databases import KINDS, Database, open_url, present
from program import Program

# Numbers 1 to {rows}, in each dialect.
SERIES = {
    "postgres": "SELECT g AS i FROM generate_series(1, {rows}) g",
    "mariadb": "SELECT seq AS i FROM seq_1_to_{rows}",
    "mysql": "WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < {rows}) SELECT i FROM g",
    "sqlite": "WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < {rows}) SELECT i FROM g",
}
TABLE = """
CREATE TABLE large (id bigint PRIMARY KEY, code varchar(40) NOT NULL, amount numeric(12, 3), at {moment}, note {text});
INSERT INTO large SELECT i * 3, {concat}, i / 8.0, '2024-01-01 10:00:00', {note} FROM ({series}) s;
CREATE TABLE pairs (a int NOT NULL, b varchar(20) NOT NULL, n int, PRIMARY KEY (a, b));
INSERT INTO pairs SELECT i % 97, {concat}, i FROM ({half}) s;
"""


def source_sql(kind, rows):
    mine = kind in ("mysql", "mariadb")
    words = {
        "moment": "datetime" if mine or kind == "sqlite" else "timestamp", "text": "text",
        "concat": "CONCAT('K', i * 7919 % 30011, '-', i)" if mine else "'K' || (i * 7919 % 30011) || '-' || i",
        "note": "REPEAT('x', i % 100)" if kind != "sqlite" else "substr(hex(zeroblob(50)), 1, i % 100)",
        "series": SERIES[kind].format(rows=rows), "half": SERIES[kind].format(rows=rows // 3),
    }
    return ("SET SESSION cte_max_recursion_depth = 1000000;" if kind == "mysql" else "") + TABLE.format(**words)


class Round:
    """One copy, which is killed until it gets through."""

    def __init__(self, number, kinds, options, chance):
        self.kinds, self.options, self.chance, self.kills, self.runs, self.faults = kinds, options, chance, 0, 0, []
        # How many rows were in the target at each kill.
        self.arrived = []
        folder = run.WORK / "kill" / f"{os.getpid()}_{number}"
        folder.mkdir(parents=True, exist_ok=True)
        self.sides = [Database(kind, f"kill_{os.getpid()}_{number}_{side}", folder) for kind, side in zip(kinds, "ab")]
        self.program = Program(options.binary, folder, *(side.url for side in self.sides), timeout=options.timeout)
        self.err = folder / "err"

    def go(self, most):
        try:
            for side in self.sides:
                side.create()
            self.sides[0].load(source_sql(self.kinds[0], self.options.rows))
            while self.kills < most and self.killed():
                pass
            self.finish()
        finally:
            if not self.options.keep:
                for side in self.sides:
                    side.drop()
        return self

    def killed(self):
        """Starts the program and kills it. Returns whether it was killed before its end."""
        self.runs += 1
        command = self.program.command("sync", "--from", "a", "--to", "b", "--batch", self.options.batch, *self.options.argument)
        with open(self.err, "wb") as err:
            process = subprocess.Popen(command, cwd=self.program.folder, env=self.program.environment(),
                                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=err)
            try:
                code = process.wait(self.chance.uniform(0.02, self.options.longest))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
                self.kills += 1
                self.arrived.append(self.count())
                return True
        if code not in (0, 3):
            self.faults.append(f"run {self.runs} after {self.kills} kills: exit {code}: {self.err.read_text()[-300:]}")
        return False

    def count(self):
        connection = open_url(self.sides[1].url)
        try:
            found = schema.read(connection, self.kinds[1]).tables
            return sum(schema.count(connection, self.kinds[1], table) for table in found if not table.name.startswith("ar_"))
        finally:
            connection.close()

    def finish(self):
        last = self.program.run("sync", "--batch", self.options.batch, *self.options.argument)
        report = check.check(*(side.url for side in self.sides))
        self.faults += verdict.of_sync(last, report, "last sync")
        if last.code == 3:
            self.faults.append(f"last sync: exit 3: {verdict.last_line(last)}")
        self.faults += verdict.of_verify(self.program.run("verify", "--batch", 5000), report)
        self.faults += verdict.of_repeat(self.program.run("sync", "--batch", 5000), last)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", type=Path, default=run.BINARY)
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--rows", type=int, default=30_000)
    parser.add_argument("--batch", type=int, default=200)
    parser.add_argument("--longest", type=float, default=1.5, help="the latest moment of a kill, in seconds")
    parser.add_argument("--each", type=int, default=10, help="kills for one copy, at most")
    parser.add_argument("--source", action="append", choices=KINDS)
    parser.add_argument("--target", action="append", choices=KINDS)
    parser.add_argument("--argument", action="append", default=[], help="a further argument of sync")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--timeout", type=float, default=300)
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(10 ** 6)
    chance, start = random.Random(seed), time.monotonic()
    pairs = [(source, target) for source in KINDS for target in KINDS if source != target and present(source) and present(target)]
    pairs = [pair for pair in pairs if (not options.source or pair[0] in options.source) and (not options.target or pair[1] in options.target)]
    chance.shuffle(pairs)
    print(f"seed {seed}", flush=True)
    kills, faults, number = 0, 0, 0
    while kills < options.times:
        one = Round(number, pairs[number % len(pairs)], options, chance).go(min(options.each, options.times - kills))
        kills, faults, number = kills + one.kills, faults + bool(one.faults), number + 1
        print(f"{'FAULT' if one.faults else 'equal'} {one.kinds[0]} -> {one.kinds[1]}: {one.kills} kills in {one.runs} runs, at {one.arrived} rows", flush=True)
        for fault in one.faults:
            print(f"      {fault[:700]}", flush=True)
        if not one.kills and number > 20:
            print("the copies end before they are killed: give more --rows, or a smaller --longest")
            return 1
    print(f"\n{kills} kills in {number} copies, {faults} with faults, in {time.monotonic() - start:.0f} s")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
