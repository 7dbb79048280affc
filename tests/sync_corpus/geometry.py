"""Geometries of MySQL and MariaDB: their own bytes (a number of the reference system, then WKB), hexadecimal digits, or WKT."""

import re
import struct

TYPES = {1: "POINT", 2: "LINESTRING", 3: "POLYGON", 4: "MULTIPOINT", 5: "MULTILINESTRING", 6: "MULTIPOLYGON",
         7: "GEOMETRYCOLLECTION"}


def shape(value, own, _):
    """Returns the reference system, and the type with its coordinates."""
    if isinstance(value, bytes):
        return of_bytes(value)
    system, _, rest = value.partition(";") if value.upper().startswith("SRID=") else ("SRID=0", "", value)
    rest = rest.strip()
    if re.fullmatch(r"(\\x|0x)?([0-9a-fA-F]{2})+", rest):
        return of_bytes(bytes.fromhex(re.sub(r"\A(\\x|0x)", "", rest)))
    return int(system[5:]), wkt(rest)


def of_bytes(data):
    if data[:1] in (b"\0", b"\1") and data[1:5] in [struct.pack("<I", code) for code in TYPES]:
        try:
            found, at = wkb(data, 0)
            if at == len(data):
                return 0, found
        except (struct.error, KeyError):
            pass
    found, at = wkb(data, 4)
    if at != len(data):
        raise ValueError
    return struct.unpack_from("<I", data)[0], found


def wkb(data, at):
    order = "<" if data[at] == 1 else ">"
    name = TYPES[struct.unpack_from(order + "I", data, at + 1)[0]]
    at += 5

    def count():
        nonlocal at
        at += 4
        return struct.unpack_from(order + "I", data, at - 4)[0]

    def point():
        nonlocal at
        at += 16
        return struct.unpack_from(order + "dd", data, at - 16)

    if name == "POINT":
        return (name, point()), at
    if name == "LINESTRING":
        return (name, tuple(point() for _ in range(count()))), at
    if name == "POLYGON":
        return (name, tuple(tuple(point() for _ in range(count())) for _ in range(count()))), at
    parts = []
    for _ in range(count()):
        part, at = wkb(data, at)
        parts.append(part)
    return (name, tuple(parts)), at


def wkt(text):
    found = re.match(r"\s*([A-Z]+)\s*(.*)\Z", text.upper(), re.S)
    if not found or found[1].replace("GEOMCOLLECTION", "GEOMETRYCOLLECTION") not in TYPES.values():
        raise ValueError
    name, body = found[1].replace("GEOMCOLLECTION", "GEOMETRYCOLLECTION"), found[2].strip()
    if body == "EMPTY":
        return name, ()
    inner = body[1:-1]
    if name == "POINT":
        return name, pair(inner)
    if name == "LINESTRING":
        return name, tuple(map(pair, inner.split(",")))
    parts = split(inner)
    if name == "POLYGON":
        return name, tuple(wkt("LINESTRING" + part)[1] for part in parts)
    if name == "GEOMETRYCOLLECTION":
        return name, tuple(map(wkt, parts))
    single = name[5:]
    return name, tuple(wkt(single + (part if part.startswith("(") else f"({part})")) for part in parts)


def pair(text):
    return tuple(map(float, text.split()))


def split(text):
    """Splits at commas outside of parentheses."""
    parts, depth, start = [], 0, 0
    for place, mark in enumerate(text):
        depth += (mark == "(") - (mark == ")")
        if mark == "," and not depth:
            parts.append(text[start:place].strip())
            start = place + 1
    return parts + [text[start:].strip()]
