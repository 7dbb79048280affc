"""Decides whether a run of the program was right: whatever differs afterwards must be in its report, with its name."""

import re

import check

# A report lists so many refused rows by name; it counts the others.
LISTED = 90


def of_table(answer, name):
    """Returns what the report says of a table, as one text, and its object."""
    # The program may quote the parts of a name that has a dot.
    item = answer.tables.get(name) or answer.tables.get('"' + name.replace('"', '""') + '"') or {}
    lines = [line for line in answer.err.splitlines() if named(name, line)]
    lines += [str(item)] if item else []
    lines += [str(entry) for entry in answer.left_out if named(name, str(entry))]
    return "\n".join(lines), item


def named(name, text):
    """Whether a text has a name, as a word of its own."""
    forms = {name, name.rsplit(".", 1)[-1], repr(name)[1:-1], name.replace('"', '\\"')}
    return any(re.search(rf"(?<!\w){re.escape(form)}(?!\w)", text) for form in forms if form)


def whole_table(item, said):
    """Whether the report says that the table as a whole was not copied."""
    return item.get("outcome") in ("failed", "left out") or (not item and bool(said))


def row_is_named(row, item, said):
    """Whether the report names a row by its key."""
    key = list(row["key"].values())
    bad = "\n".join(f"{entry.get('key')}" for entry in item.get("bad_rows", []) if isinstance(entry, dict))
    texts = bad + "\n" + said
    if None in key and "is NULL" in texts:
        return True
    return all(value is None or brief_in(value, texts) for value in key)


def brief_in(value, text):
    """Whether a text has a value of a key, in whatever spelling: with other quotes, or zeros at the end."""
    start = value.split(".. (", 1)[0][:40]
    return start in text or loose(start) in loose(text) or (start.isdigit() and f"= {int(start)}" in text)


def loose(text):
    return re.sub(r"(?<=\d)t(?=\d)|[^0-9a-z\x80-\U0010ffff]", "", text.lower()).rstrip("0")


def unnamed(report, answer):
    """Returns the differences that the report of the program does not name."""
    found = []
    whole = answer.text
    for gone in report["missing_tables"]:
        if not named(gone["table"], whole):
            found.append(f"table {gone['table']} is missing and not named")
    for view in report["missing_views"]:
        if not named(view, whole):
            found.append(f"view {view} is missing and not named")
    for table in filter(check.differs, report["tables"]):
        found += unnamed_rows(table, *of_table(answer, table["table"]))
    return found


def unnamed_rows(table, said, item):
    name, found = table["table"], []
    for column in table["missing_columns"] + table["extra_columns"]:
        if not named(column, said):
            found.append(f"{name}: column {column} is on one side only and not named")
    if not any(table[part] for part in ("missing", "extra", "different")):
        return found
    if not said:
        return found + [f"{name} differs and is not named: {example(table)}"]
    if whole_table(item, said):
        return found
    refused = item.get("refused") or len(item.get("bad_rows", []))
    counted = refused >= table["missing"] + table["different"] and refused > LISTED
    notes = str(item.get("notes", "")) + str(item.get("why", ""))
    for row in table["rows"]:
        if row["kind"] == "different" and all(named(column, notes) for column in row["columns"]):
            continue
        if not counted and not row_is_named(row, item, said):
            more = table["missing"] + table["extra"] + table["different"]
            found.append(f"{name}: a row of {more} is not named: {row}")
            break
    if table["missing"] + table["different"] > refused + sum(row["kind"] == "different" for row in table["rows"]):
        found.append(f"{name}: {table['missing']} rows are missing, {refused} are refused")
    return found


def example(table):
    counts = ", ".join(f"{table[part]} {part}" for part in ("missing", "extra", "different") if table[part])
    return f"{counts}, e.g. {table['rows'][0] if table['rows'] else ''}"


def of_sync(answer, report, label="sync"):
    """Returns the faults of a run of `sync` after which the checker has made this report."""
    if answer.code is None:
        return [f"{label}: timeout after {answer.seconds:.0f} s"]
    if answer.code not in (0, 3):
        return [f"{label}: exit {answer.code}: {last_line(answer)}"]
    faults = [] if answer.parsed else [f"{label}: the output is not JSON"]
    if answer.code == 0 and not report["equal"]:
        faults.append(f"{label}: exit 0, but {'; '.join(check.summary(report))}")
    if answer.code == 3:
        faults += [f"{label}: exit 3, but {what}" for what in unnamed(report, answer)]
    return faults


def of_least(least, report):
    """One bad row must not keep the others of its table from the target."""
    arrived = {table["table"]: table["target_rows"] for table in report["tables"]}
    return [f"{name}: {arrived.get(name, 0)} rows arrived, at least {count} can be kept"
            for name, count in least.items() if arrived.get(name, 0) < count]


def of_verify(answer, report):
    """Views are no tables: `verify` does not compare them."""
    equal = not (report["missing_tables"] or any(map(check.differs, report["tables"])))
    if answer.code is None:
        return [f"verify: timeout after {answer.seconds:.0f} s"]
    if answer.code not in (0, 3):
        return [f"verify: exit {answer.code}: {last_line(answer)}"]
    if answer.code == 0 and not equal:
        return [f"verify: says equal, but {'; '.join(check.summary(report))}"]
    if answer.code == 3 and report["equal"]:
        return [f"verify: says different, the checker finds nothing: {last_line(answer)}"]
    return []


def of_repeat(answer, first):
    """A second run of the same copy writes nothing. A table without a key is replaced as a whole."""
    if answer.code is None:
        return [f"second sync: timeout after {answer.seconds:.0f} s"]
    if answer.code not in (0, 3) or (first.code == 0 and answer.code != 0):
        return [f"second sync: exit {answer.code}: {last_line(answer)}"]
    written = {name: table["written"] for name, table in answer.tables.items()
               if table.get("written") and table.get("outcome") != "replaced"}
    return [f"second sync: writes again: {written}"] if written else []


def last_line(answer):
    """Returns one reason that the program gave."""
    lines = answer.err.strip().splitlines()
    if lines:
        return lines[-1][:400]
    said = [f"{name}: {table.get('why') or (table.get('bad_rows') or [''])[0] or table.get('outcome')}"
            for name, table in answer.tables.items()
            if table.get("why") or table.get("refused") or table.get("outcome") in ("failed", "left out")]
    return "; ".join(said + [str(entry) for entry in answer.left_out])[:400]
