"""The files of the corpus. A head of comments says what a file is, then come sections of SQL.

    -- source: postgres
    -- trait: what is awkward about the tables
    -- exact: all                  targets into which everything must arrive, with exit code 0; default: none
    -- least: posts 3 logs 10      so many rows of these tables must arrive everywhere, whatever else is refused
    -- targets: mysql mariadb      targets of this file; default: all
    -- args: --batch 500           further arguments of `sync` and `verify`
    -- sync: --zero-dates null     further arguments of `sync` alone
    (SQL of the source)
    -- @target postgres            SQL of the target before the copy, for this kind
    -- @then                       SQL of the source after the first copy; it is then copied again
    -- @after postgres             SQL of the target after the copies: it must succeed
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

from databases import KINDS

FOLDER = Path(__file__).parent / "corpus"


@dataclass
class Case:
    name: str
    sources: tuple
    trait: str
    sql: str
    targets: tuple = KINDS
    exact: tuple = ()
    args: tuple = ()
    sync: tuple = ()
    least: dict = field(default_factory=dict)
    before: dict = field(default_factory=dict)
    then: str = ""
    after: dict = field(default_factory=dict)


def kinds(text):
    return KINDS if text.strip() == "all" else tuple(text.replace(",", " ").split())


def read(path):
    heads, sections, current, in_head = {}, {"": []}, "", True
    for line in path.read_text().splitlines():
        head = re.match(r"-- (source|trait|exact|least|targets|args|sync): (.*)", line)
        section = re.match(r"-- @(target|then|after)(.*)", line)
        if section:
            current = (section[1] + " " + section[2].strip()).strip()
            sections.setdefault(current, [])
        elif head and in_head:
            heads[head[1]] = (heads[head[1]] + " " if head[1] in heads else "") + head[2]
        else:
            in_head = in_head and line.startswith("--")
            sections[current].append(line)
    text = {name: "\n".join(lines) for name, lines in sections.items()}
    case = Case(path.stem, kinds(heads["source"]), heads["trait"], text[""])
    case.targets, case.exact = kinds(heads.get("targets", "all")), kinds(heads.get("exact", ""))
    case.args, case.sync = tuple(heads.get("args", "").split()), tuple(heads.get("sync", "").split())
    least = heads.get("least", "").split()
    case.least = {name: int(count) for name, count in zip(least[::2], least[1::2])}
    case.then = text.get("then", "")
    for name, part in text.items():
        what, _, which = name.partition(" ")
        for kind in kinds(which) if which else KINDS:
            if what == "target":
                case.before[kind] = part
            elif what == "after":
                case.after[kind] = part
    unknown = [kind for kind in case.sources + case.targets + case.exact if kind not in KINDS]
    if unknown:
        raise ValueError(f"{path.name}: unknown kinds {unknown}")
    return case


def all_cases():
    return [read(path) for path in sorted(FOLDER.glob("*.sql"))]
