#!/usr/bin/env python3
"""Makes random tables for random pairs of databases, copies, verifies, checks; changes rows, and does it again.

A fault is printed with the command that repeats it. Everything of a case comes from the seed and its number.
"""

import json
import random
import shutil
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, wait, FIRST_COMPLETED

import check
import random_tables
import run
import verdict
from databases import KINDS, Database, open_url, present, script
from program import Program, foreign_words

FAULTS = run.WORK / "faults"


class Case:
    def __init__(self, seed, number, options):
        self.seed, self.number, self.options = seed, number, options
        self.random = random.Random(f"{seed}:{number}")
        kinds = [kind for kind in KINDS if present(kind)]
        self.kinds = (self.random.choice([kind for kind in kinds if not options.source or kind in options.source]),
                      self.random.choice([kind for kind in kinds if not options.target or kind in options.target]))
        self.batch = self.random.choice([1, 2, 3, 5, 7, 10, 17, 25, 50])
        self.tables = random_tables.tables(self.random, self.kinds[0])
        if all(len(table.rows) > 100 for table in self.tables):
            self.batch = max(self.batch, 7)
        self.ranges = self.random.choice([None, None, None, 2, 3])
        self.folder = run.WORK / "generated" / f"{seed}_{number}"
        self.sides = [Database(kind, f"generated_{seed}_{number}_{side}", self.folder) for kind, side in zip(self.kinds, "ab")]
        self.faults, self.sql = [], []

    def go(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            for side in self.sides:
                side.create()
            self.program = Program(self.options.binary, self.folder, *(side.url for side in self.sides), timeout=self.options.timeout)
            self.sql.append(random_tables.script(self.kinds[0], self.tables))
            self.sides[0].load(self.sql[0])
            if self.copied("first", "--batch", self.batch, *(("--ranges", self.ranges) if self.ranges else ())):
                self.change()
                self.copied("second", "--batch", self.batch, "--delete", "1.0")
        except Exception as error:
            self.faults.append(f"BROKEN: {type(error).__name__}: {error}")
        finally:
            self.clean()
        return self

    def change(self):
        statements = [statement for table in self.tables for statement in table.changes(self.random)]
        connection, done = open_url(self.sides[0].url), []
        try:
            for setting in filter(None, [random_tables.ZERO.get(self.kinds[0])]):
                script(connection, self.kinds[0], setting)
            for statement in statements:
                try:
                    script(connection, self.kinds[0], statement)
                    done.append(statement)
                except Exception:
                    # A key that is there already. The source stays as it is.
                    pass
        finally:
            connection.close()
        self.sql.append("\n".join(done))

    def copied(self, label, *arguments):
        """Copies and compares. Returns whether the case can go on."""
        sync = self.cli(f"{label}_sync", "sync", *arguments)
        report = check.check(*(side.url for side in self.sides))
        (self.folder / f"{label}_check.json").write_text(json.dumps(report, indent=1))
        self.faults += verdict.of_sync(sync, report, f"{label} sync")
        if sync.code == 3 and all(table.plain for table in self.tables) and not self.collides(report):
            self.faults.append(f"{label} sync: exit 3, but everything can be kept: {verdict.last_line(sync)}")
        if sync.code not in (0, 3):
            return False
        verify = self.cli(f"{label}_verify", "verify", "--batch", self.batch)
        self.faults += verdict.of_verify(verify, report)
        again = self.cli(f"{label}_again", "sync", *arguments)
        self.faults += verdict.of_repeat(again, sync)
        return not self.faults

    def collides(self, report):
        """PostgreSQL keeps no text with a zero byte, and some names are reserved; everything else that is plain can be kept."""
        return any(table.name.startswith("ar_") for table in self.tables) or bool(report["missing_tables"])

    def cli(self, name, command, *arguments):
        answer = self.program.run(command, *arguments)
        for stream, text in (("out", answer.out), ("err", answer.err)):
            (self.folder / f"{name}.{stream}").write_text(text)
        self.faults += [f"{command}: {what}" for what in foreign_words(answer)]
        return answer

    def clean(self):
        if self.faults:
            kept = FAULTS / f"{self.seed}_{self.number}"
            shutil.rmtree(kept, ignore_errors=True)
            kept.parent.mkdir(parents=True, exist_ok=True)
            self.folder.joinpath("tables.sql").write_text("\n\n-- changes\n".join(self.sql))
            shutil.copytree(self.folder, kept)
        if not self.options.keep:
            for side in self.sides:
                side.drop()
            shutil.rmtree(self.folder, ignore_errors=True)

    def shown(self):
        types = "; ".join(f"{table.name}({', '.join(random_tables.declared(kind, place) for place, kind in enumerate(table.types))}; key {table.key}; {len(table.rows)} rows)" for table in self.tables)
        return f"{self.kinds[0]} -> {self.kinds[1]}, batch {self.batch}: {types}"


def main():
    parser = run.arguments()
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--case", type=int, help="only this case of the seed")
    parser.add_argument("--limit", type=int, default=200, help="stop after so many faults")
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(10 ** 6)
    print(f"seed {seed}", flush=True)
    if options.case is not None:
        return tell([Case(seed, options.case, options).go()], seed, options, 0)
    shutil.rmtree(run.WORK / "generated", ignore_errors=True)
    return loop(seed, options)


def loop(seed, options):
    end, number, start, done, running = time.monotonic() + options.minutes * 60, 0, time.monotonic(), [], set()
    with ThreadPoolExecutor(options.jobs) as pool:
        while running or time.monotonic() < end:
            while len(running) < options.jobs and time.monotonic() < end and sum(bool(case.faults) for case in done) < options.limit:
                running.add(pool.submit(Case(seed, number, options).go))
                number += 1
            if not running:
                break
            ready, running = wait(running, return_when=FIRST_COMPLETED)
            for future in ready:
                case = future.result()
                done.append(case)
                if case.faults:
                    show(case, seed)
    return tell(done, seed, options, time.monotonic() - start)


def show(case, seed):
    print(f"FAULT generate.py --seed {seed} --case {case.number}\n      {case.shown()[:700]}", flush=True)
    for fault in case.faults:
        print(f"      {fault[:700]}", flush=True)


def tell(done, seed, options, seconds):
    faults = [case for case in done if case.faults]
    if options.case is not None:
        for case in faults:
            show(case, seed)
    pairs = Counter(case.kinds for case in done)
    kinds = Counter(fault.split(",")[0].split(":")[0] + ": " + fault.split(": ", 1)[-1][:60] for case in faults for fault in case.faults)
    print(f"\nseed {seed}: {len(done)} cases of {len(pairs)} pairs in {seconds:.0f} s, {len(faults)} with faults")
    for fault, count in kinds.most_common(30):
        print(f"{count:5}  {fault}")
    return 1 if faults or not done else 0


if __name__ == "__main__":
    sys.exit(main())
