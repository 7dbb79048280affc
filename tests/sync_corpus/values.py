"""Brings values of two databases to one exact form.

A value is what the driver returned: a text, bytes, or a native value of SQLite. `form` turns it into something that can be
hashed and compared. The kind of a pair of columns decides how: two numbers are compared as exact decimals, two floats at the
precision of the source, JSON member by member. If a type exists on one side only, the text of the other side must read as
the same value of that type.
"""

import ipaddress
import json
import re
import struct
from decimal import Decimal, InvalidOperation

import geometry
import times

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\Z")
NAMED = {"nan": "nan", "infinity": "inf", "inf": "inf", "-infinity": "-inf", "-inf": "-inf", "+infinity": "inf"}
TRUTH = {"t": 1, "true": 1, "f": 0, "false": 0}


def common(source, target):
    """Returns the kind in which the values of two columns are compared."""
    if source.kind == "array":
        return "array"
    if "json" in (source.kind, target.kind):
        return "json"
    if source.kind in ("any", "text") and target.kind != "any":
        # A text stays the same text, also where the target has a type for it.
        return target.kind if source.kind == "any" else "text"
    return source.kind


def form(value, own, kind, detail=None):
    """Returns the canonical form of a value of the column `own`, as a value of `kind`. A value that is none of this kind
    is compared as text."""
    if value is None:
        return None
    try:
        return kind, FORMS[kind](value, own, detail)
    except (ValueError, InvalidOperation, OverflowError, struct.error, KeyError, IndexError, RecursionError):
        return "text", text(value, own)


def same(value, own, other_value, other, kind, detail=None):
    """Whether two values are the same. Knows both, so it also finds texts of values of SQLite."""
    left, right = form(value, own, kind, detail), form(other_value, other, kind, detail)
    if left == right:
        return True
    if value is None or other_value is None or kind == "any":
        return False
    if text(value, own) == text(other_value, other):
        return True
    for a, b, column in ((value, other_value, other), (other_value, value, own)):
        if isinstance(a, float) and isinstance(b, str) and column.kind in ("text", "any", "bpchar", "json"):
            if form(a, own, "f64") == form(b, column, "f64"):
                return True
        if isinstance(a, bytes) and isinstance(b, str) and column.kind in ("text", "any", "json"):
            if form(b, column, "bytes") == ("bytes", a):
                return True
    return False


def text(value, own):
    """Returns the text of a value, for people and for comparisons without a type."""
    if isinstance(value, bytes):
        return bits(value, own, own.detail) if own.kind == "bits" else value.hex()
    return repr(value) if isinstance(value, float) else str(value)


def number(value, own, _):
    if own.kind == "bool" and value in TRUTH:
        return Decimal(TRUTH[value])
    if isinstance(value, bytes):
        if own.kind == "bits":
            return Decimal(int.from_bytes(value, "big"))
        raise ValueError
    if isinstance(value, float):
        value = repr(value)
    written = str(value).strip() if own.kind != "any" else str(value)
    if written.lower() in NAMED:
        return NAMED[written.lower()]
    if own.kind == "any" and isinstance(value, str) and re.match(r"[+-]?0\d", written):
        raise ValueError("leading zeros would be lost")
    if not NUMBER.match(written):
        raise ValueError
    return Decimal(written)


def money(value, own, _):
    if isinstance(value, str):
        written = value.replace("$", "").replace(",", "")
        return number(written, own, _)
    return number(value, own, _)


def boolean(value, own, _):
    if isinstance(value, str) and value.lower() in TRUTH:
        if own.kind == "any" and value not in ("t", "f", "true", "false"):
            raise ValueError
        return Decimal(TRUTH[value.lower()])
    return number(value, own, _)


def double(value, own, _):
    if isinstance(value, bytes):
        raise ValueError
    if isinstance(value, int):
        if int(float(value)) != value:
            raise ValueError
        return repr(float(value) + 0.0)
    if isinstance(value, str) and value.lower() not in NAMED and not NUMBER.match(value):
        raise ValueError
    return repr(float(value) + 0.0)


def single(value, own, _):
    return repr(struct.unpack("f", struct.pack("f", float(double(value, own, _))))[0])


def character(value, own, _):
    if isinstance(value, bytes):
        return value.decode()
    return text(value, own)


def padded(value, own, _):
    return character(value, own, _).rstrip(" ")


def octets(value, own, _):
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        raise ValueError
    return bytes.fromhex(re.sub(r"\A(\\x|0x)", "", value))


def json_form(value, own, _):
    if isinstance(value, bytes):
        value = value.decode()
    if not isinstance(value, str):
        return ("number", Decimal(repr(value)))
    return json_node(json.loads(value, parse_float=Decimal, parse_int=Decimal, object_pairs_hook=Members))


class Members(list):
    """The members of an object, in order and with duplicates."""


def json_node(node):
    if isinstance(node, Members):
        # The order of members has no meaning, except among those of one name.
        members = sorted(enumerate(node), key=lambda item: (item[1][0], item[0]))
        return ("object", tuple((name, json_node(inner)) for _, (name, inner) in members))
    if isinstance(node, list):
        return ("array", tuple(map(json_node, node)))
    if isinstance(node, bool) or node is None:
        return ("word", node)
    if isinstance(node, (Decimal, float)):
        return ("number", node)
    return ("string", node)


def uuid(value, own, _):
    if isinstance(value, bytes):
        if len(value) != 16:
            raise ValueError
        return value.hex()
    plain = value.lower().strip("{}").replace("-", "")
    if not re.fullmatch(r"[0-9a-f]{32}", plain):
        raise ValueError
    return plain


def bits(value, own, width):
    """Returns the digits of a bit string."""
    if isinstance(value, bytes):
        width = own.detail if own.kind == "bits" and own.detail else len(value) * 8
        return bin(int.from_bytes(value, "big"))[2:].zfill(width)[-width:]
    if own.kind == "bool" and value in TRUTH:
        return str(TRUTH[value]).zfill(width or 1)
    if own.kind in ("int", "dec") or isinstance(value, int):
        if not width:
            raise ValueError
        return bin(int(value))[2:].zfill(width)
    if re.fullmatch(r"[01]*", value) and (not width or len(value) == width):
        return value
    return bin(int(value))[2:].zfill(width)


def address(value, own, _):
    return str(ipaddress.ip_interface(value))


def array(value, own, element):
    from arrays import elements
    return elements(value, own, element)


def any_form(value, own, _):
    return type(value).__name__, value if value == value else "nan"


FORMS = {
    "int": number, "dec": number, "money": money, "bool": boolean, "f64": double, "f32": single,
    "text": character, "other": character, "bpchar": padded, "bytes": octets, "json": json_form,
    "date": times.moment, "datetime": times.moment, "time": times.span, "timetz": times.zoned, "interval": times.interval,
    "uuid": uuid, "bits": bits, "inet": address, "array": array, "any": any_form,
    "geometry": geometry.shape,
}
