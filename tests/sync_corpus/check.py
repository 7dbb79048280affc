#!/usr/bin/env python3
"""Compares two databases, row by row and value by value: `check.py SOURCE_URL TARGET_URL`. Prints JSON.

It reads all rows of both sides, without an order, and finds them by the key of the source. Exit code 1 says that something
differs.
"""

import argparse
import json
import sys
from collections import Counter, defaultdict

import schema
import values
from databases import kind_of, open_url, rows

# Rows that keep a whole report readable. The counts are complete.
LISTED = 1000


def check(source_url, target_url, renamed=None):
    """Returns what differs: tables that are missing, columns that are missing, and rows."""
    kinds = kind_of(source_url), kind_of(target_url)
    source, target = open_url(source_url), open_url(target_url)
    try:
        here, there = schema.read(source, kinds[0]), schema.read(target, kinds[1])
        names = counterparts(here, there, renamed or {})
        report = {"tables": [], "missing_tables": [], "missing_views": [], "extra_tables": []}
        for table in here.tables:
            other = names.get(id(table))
            if other is None:
                report["missing_tables"].append({"table": table.full_name, "rows": schema.count(source, kinds[0], table)})
            else:
                report["tables"].append(compare(source, target, kinds, table, other))
        found = {table.full_name for table in there.tables} | set(there.views)
        report["missing_views"] = [name for name in here.views if name not in found]
        used = {id(other) for other in names.values()}
        report["extra_tables"] = [table.full_name for table in there.tables
                                  if id(table) not in used and not table.name.startswith("ar_")]
    finally:
        source.close()
        target.close()
    report["equal"] = not (report["missing_tables"] or report["missing_views"] or any(map(differs, report["tables"])))
    return report


def counterparts(here, there, renamed):
    """Finds the target's table of each table: by its exact name, or by its schema and name joined in a usual way."""
    by_name = {}
    for table in there.tables:
        by_name[table.full_name] = table
    taken, found = set(), {}
    for table in here.tables:
        names = [renamed.get(table.full_name, table.full_name)]
        if table.full_name != table.name:
            names += [f"{table.schema}_{table.name}", f"{table.schema}__{table.name}"]
        for name in names:
            other = by_name.get(name)
            if other is not None and id(other) not in taken:
                taken.add(id(other))
                found[id(table)] = other
                break
    return found


def differs(result):
    return any(result[part] for part in ("missing", "extra", "different", "missing_columns", "extra_columns"))


def compare(source, target, kinds, table, other):
    """Compares the rows of one table."""
    there = {column.name: column for column in other.columns}
    folded = {column.name.lower(): column for column in other.columns}
    pairs, missing = [], []
    for column in table.columns:
        counterpart = there.get(column.name) or folded.get(column.name.lower())
        if counterpart is None:
            missing.append(column.name)
        else:
            pairs.append((column, counterpart, values.common(column, counterpart)))
    used = {counterpart.name for _, counterpart, _ in pairs}
    result = {
        "table": table.full_name,
        "source_rows": schema.count(source, kinds[0], table), "target_rows": schema.count(target, kinds[1], other),
        "missing": 0, "extra": 0, "different": 0, "missing_columns": missing,
        "extra_columns": [column.name for column in other.columns if column.name not in used], "rows": [],
    }
    key = table.key if table.key and all(name not in missing for name in table.key) else None
    sides = []
    for connection, kind, which in ((source, kinds[0], 0), (target, kinds[1], 1)):
        view = schema.Table(*((table.name, table.schema) if which == 0 else (other.name, other.schema)))
        view.columns = [pair[which] for pair in pairs]
        sides.append(read(connection, kind, view))
    for which, read_rows in enumerate(sides):
        counted = result["target_rows" if which else "source_rows"]
        if len(read_rows) != counted:
            raise RuntimeError(f"{table.full_name}: {len(read_rows)} rows were read and {counted} counted")
    keyed = [place for place, pair in enumerate(pairs) if key is None or pair[0].name in key]
    find(result, pairs, keyed, *sides)
    result["types"] = {column.name: [column.declared, counterpart.declared] for column, counterpart, _ in pairs}
    return result


def read(connection, kind, view):
    if not view.columns:
        return [()] * schema.count(connection, kind, view)
    found = rows(connection, kind, schema.select_all(view, kind))
    if kind != "postgres":
        return found
    binary = [place for place, column in enumerate(view.columns) if column.kind == "bytes"]
    if not binary:
        return found
    out = []
    for row in map(list, found):
        for place in binary:
            row[place] = None if row[place] is None else bytes.fromhex(row[place][2:])
        out.append(tuple(row))
    return out


def detail(pair):
    return pair[0].detail or pair[1].detail


def find(result, pairs, keyed, here, there):
    """Matches rows by their keys, and compares the other columns of those that match."""
    def key_of(row, which):
        return tuple(values.form(row[place], pairs[place][which], pairs[place][2], detail(pairs[place])) for place in keyed)

    waiting = defaultdict(list)
    for row in there:
        waiting[key_of(row, 1)].append(row)
    alone = []
    for row in here:
        same_key = waiting.get(key_of(row, 0))
        if not same_key:
            alone.append(row)
            continue
        best = min(range(len(same_key)), key=lambda place: len(unequal(pairs, row, same_key[place]))) if len(same_key) > 1 else 0
        note(result, pairs, keyed, row, same_key.pop(best))
    extra = [row for rest in waiting.values() for row in rest]
    # Texts of floats and bytes have several spellings, so what is left is compared pair by pair, if it is little.
    if len(alone) * len(extra) <= 250_000:
        for row in list(alone):
            for candidate in extra:
                if all(equal(pairs[place], row[place], candidate[place]) for place in keyed):
                    note(result, pairs, keyed, row, candidate)
                    alone.remove(row)
                    extra.remove(candidate)
                    break
    result["missing"], result["extra"] = len(alone), len(extra)
    for which, kind, rest in ((0, "missing", alone), (1, "extra", extra)):
        for row in rest[:LISTED]:
            add(result, {"kind": kind, "key": shown(pairs, keyed, row, which)})


def equal(pair, value, other):
    return values.same(value, pair[0], other, pair[1], pair[2], detail(pair))


def unequal(pairs, row, other):
    return [place for place, pair in enumerate(pairs) if not equal(pair, row[place], other[place])]


def note(result, pairs, keyed, row, other):
    places = unequal(pairs, row, other)
    if not places:
        return
    result["different"] += 1
    found = {pairs[place][0].name: [brief(row[place], pairs[place][0]), brief(other[place], pairs[place][1])]
             for place in places}
    add(result, {"kind": "different", "key": shown(pairs, keyed, row, 0), "columns": found})


def add(result, row):
    if len(result["rows"]) < LISTED:
        result["rows"].append(row)


def shown(pairs, keyed, row, which):
    return {pairs[place][0].name: brief(row[place], pairs[place][which]) for place in keyed}


def brief(value, column):
    """Returns a short text of a value for the report."""
    if value is None:
        return None
    written = values.text(value, column)
    return written if len(written) <= 200 else written[:200] + f".. ({len(written)} characters)"


def summary(report):
    """Returns the differences in one line each."""
    lines = [f"table {gone['table']} is missing ({gone['rows']} rows)" for gone in report["missing_tables"]]
    lines += [f"view {name} is missing" for name in report["missing_views"]]
    for table in report["tables"]:
        if not differs(table):
            continue
        counts = Counter(column for row in table["rows"] for column in row.get("columns", ()))
        parts = [f"{table[part]} rows {part}" for part in ("missing", "extra", "different") if table[part]]
        parts += [f"columns {', '.join(counts)} differ"] if counts else []
        parts += [f"columns {', '.join(table[part])}: {part}" for part in ("missing_columns", "extra_columns") if table[part]]
        example = next((f"e.g. {json.dumps(row, ensure_ascii=True)[:300]}" for row in table["rows"]), "")
        lines.append(f"{table['table']} ({table['source_rows']} -> {table['target_rows']}): {'; '.join(parts)} {example}")
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source")
    parser.add_argument("target")
    options = parser.parse_args()
    report = check(options.source, options.target)
    json.dump(report, sys.stdout, indent=1, ensure_ascii=True)
    print()
    return 0 if report["equal"] else 1


if __name__ == "__main__":
    sys.exit(main())
