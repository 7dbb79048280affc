#!/usr/bin/env python3
"""Copies every file of the corpus to every kind of database, and lets the checker look. Exit code 1: there are faults."""

import argparse
import fnmatch
import json
import os
import shutil
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cases
import check
import verdict
from databases import KINDS, Database, open_url, present, script
from program import Program, foreign_words

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "target" / "sync-corpus"
BINARY = ROOT / "target" / "debug" / "activerecord"
# A smaller set for every change: a few seconds for each trait that once lost rows.
QUICK = ("*key_zero*", "*enum_key*", "*_case_keys*", "*no_key*", "*json_numbers*", "*datetime_t_key*", "*music_store*")


def arguments(parser=None):
    parser = parser or argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", type=Path, default=BINARY)
    parser.add_argument("--only", action="append", help="a pattern of names of files; can be repeated")
    parser.add_argument("--source", action="append", choices=KINDS)
    parser.add_argument("--target", action="append", choices=KINDS)
    parser.add_argument("--quick", action="store_true", help="a subset that takes less than a minute")
    parser.add_argument("--keep", action="store_true", help="keep databases, and what the program printed")
    parser.add_argument("-j", "--jobs", type=int, default=2)
    parser.add_argument("--timeout", type=float, default=60)
    parser.add_argument("--again", type=Path, help="only the copies that have faults in this file of --json")
    parser.add_argument("--json", type=Path, help="write all results to this file")
    return parser


class Run:
    """One file in one direction."""

    def __init__(self, number, case, source, target, options):
        self.case, self.source, self.target, self.options = case, source, target, options
        self.label = f"{case.name} {source} -> {target}"
        self.folder = WORK / "runs" / f"{os.getpid()}_{number}"
        self.folder.mkdir(parents=True, exist_ok=True)
        names = [f"corpus_{os.getpid()}_{number}_{side}" for side in "ab"]
        self.sides = [Database(kind, name, self.folder) for kind, name in zip((source, target), names)]
        self.faults, self.differences, self.codes, self.seconds = [], [], [], 0.0

    def go(self):
        start = time.monotonic()
        try:
            self.prepare()
            self.copy()
        except Exception as error:
            # The machinery itself failed, or a database refused the SQL of the file.
            self.faults.append(f"BROKEN: {type(error).__name__}: {error}")
            if self.options.keep:
                traceback.print_exc()
        finally:
            self.clean()
        self.seconds = time.monotonic() - start
        return self

    def prepare(self):
        for side in self.sides:
            side.create()
        self.sides[0].load(self.case.sql)
        if self.target in self.case.before:
            self.sides[1].load(self.case.before[self.target])
        urls = [side.url for side in self.sides]
        self.program = Program(self.options.binary, self.folder, *urls, timeout=self.options.timeout)

    def copy(self):
        first = self.once("sync", "")
        if self.case.then and first is not None:
            self.sides[0].load(self.case.then)
            self.once("sync after changes", "_then")
        if self.target in self.case.after and not any(fault.startswith("sync") for fault in self.faults):
            connection = open_url(self.sides[1].url)
            try:
                script(connection, self.target, self.case.after[self.target])
            except Exception as error:
                self.faults.append(f"after the copy: {error}")
            finally:
                connection.close()

    def once(self, label, suffix):
        sync = self.cli("sync", suffix, *self.case.args, *self.case.sync)
        report = self.check()
        self.faults += verdict.of_sync(sync, report, label)
        self.faults += verdict.of_least(self.case.least, report) if sync.code in (0, 3) else []
        if self.target in self.case.exact and sync.code == 3:
            self.faults.append(f"{label}: exit 3, but everything can be kept: {verdict.last_line(sync)}")
        if sync.code not in (0, 3):
            self.differences += check.summary(report)
            return None
        verify = self.cli("verify", suffix, *self.case.args)
        self.faults += verdict.of_verify(verify, report)
        again = self.cli("sync", suffix + "_again", *self.case.args, *self.case.sync)
        self.faults += verdict.of_repeat(again, sync)
        self.differences += check.summary(report)
        return sync

    def cli(self, command, suffix, *arguments):
        answer = self.program.run(command, *arguments)
        self.codes.append("t" if answer.code is None else str(answer.code))
        self.faults += [f"{command}: {what}" for what in foreign_words(answer)]
        for stream, text in (("out", answer.out), ("err", answer.err)):
            (self.folder / f"{command}{suffix}.{stream}").write_text(text)
        return answer

    def check(self):
        report = check.check(*(side.url for side in self.sides))
        (self.folder / "check.json").write_text(json.dumps(report, indent=1))
        return report

    def clean(self):
        if self.options.keep:
            return
        for side in self.sides:
            side.drop()
        if not self.faults:
            shutil.rmtree(self.folder, ignore_errors=True)


def selected(options):
    """Returns the runs that the options select."""
    found = []
    again = json.loads(options.again.read_text()) if options.again else None
    red = {(one["case"], one["source"], one["target"]) for one in again or [] if one["faults"]}
    patterns = (options.only or []) + (list(QUICK) if options.quick else [])
    for case in cases.all_cases():
        if patterns and not any(fnmatch.fnmatch(case.name, pattern) for pattern in patterns):
            continue
        for source in case.sources:
            for target in case.targets:
                wanted = (not options.source or source in options.source) and (not options.target or target in options.target)
                if again is not None and (case.name, source, target) not in red:
                    continue
                if wanted and present(source) and present(target):
                    found.append(Run(len(found), case, source, target, options))
    return found


def main():
    options = arguments().parse_args()
    start = time.monotonic()
    shutil.rmtree(WORK / "runs", ignore_errors=True) if not options.keep else None
    runs = selected(options)
    results = []
    with ThreadPoolExecutor(options.jobs) as pool:
        for run in pool.map(lambda one: one.go(), runs):
            results.append(run)
            state = "FAULT" if run.faults else ("exact" if not run.differences else "told")
            print(f"{state:5} {run.label:60} exit {','.join(run.codes):12} {run.seconds:5.1f} s", flush=True)
            for fault in run.faults:
                print(f"      {fault[:1500]}", flush=True)
    faults = [run for run in results if run.faults]
    exact = sum(not run.faults and not run.differences for run in results)
    print(f"\n{len(results)} copies: {exact} exact, {len(results) - exact - len(faults)} with all differences told, "
          f"{len(faults)} with faults, in {time.monotonic() - start:.0f} s")
    if options.json:
        options.json.write_text(json.dumps([
            {"case": run.case.name, "source": run.source, "target": run.target, "codes": run.codes, "faults": run.faults,
             "differences": run.differences, "seconds": run.seconds} for run in results], indent=1))
    return 1 if faults or not results else 0


if __name__ == "__main__":
    sys.exit(main())
