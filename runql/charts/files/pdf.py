"""PDF: what a chart was made of, kept in the file, the same bytes each time, and the size of the other pictures.

The engine writes objects, and the entries of dictionaries of resources, in an order that changes. Here the objects are
numbered as they are found from the first on, and entries sorted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from runql.text.visible import visible

_BIG_ENDIAN: Final = bytes((0xFE, 0xFF))
_OBJECT: Final = re.compile(rb"(\d+) 0 obj\n")
_ENTRIES: Final = re.compile(rb"(?:^ +/[A-Za-z]+[0-9]+ [0-9]+ 0 R\n){2,}", re.MULTILINE)
_REFERENCE: Final = re.compile(rb"\b(\d+) 0 R\b")
_LENGTH: Final = re.compile(rb"/Length (\d+)")
_ROOT: Final = re.compile(rb"/Root (\d+) 0 R")
_TABLE: Final = re.compile(rb"xref\n0 (\d+)\n((?:.{20})+)trailer", re.DOTALL)
_BOX: Final = re.compile(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]")
_CONTENTS: Final = re.compile(rb"/Contents (\d+) 0 R")
_RESOURCES: Final = re.compile(rb"^  /Resources <<\n.*?\n  >>\n", re.DOTALL | re.MULTILINE)
_PAGE: Final = b"/Type /Page\n"


def with_information(drawn: bytes, kept: Mapping[str, Any], title: str, key: str, scale: float) -> bytes:
    """The PDF of another size, with what is kept of it under a key, and what other programs know under their names."""
    root = _ROOT.search(drawn, drawn.rindex(b"trailer"))
    assert root is not None, "the engine writes where to begin"
    objects = _objects(drawn)
    objects |= _scaled(objects, scale)
    order = [*_found_from(int(root.group(1)), objects)]
    number = {old: new for new, old in enumerate(order, 1)}
    bodies = [_numbered(*objects[old], number) for old in order]
    return _written([*bodies, _information(kept, title, key)])


def _scaled(objects: Mapping[int, tuple[bytes, bytes]], scale: float) -> dict[int, tuple[bytes, bytes]]:
    """The page with what is drawn on it as one part (a form), which the page draws in another size.

    A scale before what is drawn would leave its gradients behind: these are placed on the page, or in a form.
    """
    page, (said, _) = next((number, one) for number, one in objects.items() if _PAGE in one[0])
    box, resources, contents = (one.search(said) for one in (_BOX, _RESOURCES, _CONTENTS))
    assert box is not None
    assert resources is not None
    assert contents is not None
    drawn, added = int(contents.group(1)), max(objects) + 1
    width, height = (scale * float(end) for end in box.groups())
    said = said.replace(box.group(), b"/MediaBox [0 0 %g %g]" % (width, height))
    said = said.replace(resources.group(), b"  /Resources << /XObject << /F %d 0 R >> >>\n" % drawn)
    said = said.replace(contents.group(), b"/Contents %d 0 R" % added)
    form = b"<<\n  /Type /XObject\n  /Subtype /Form\n  %s\n%s" % (
        box.group().replace(b"Media", b"B"),
        resources.group(),
    )
    scaling = b"%g 0 0 %g 0 0 cm /F Do" % (scale, scale)
    packed = b"stream\n%s\nendstream\n" % scaling
    return {
        page: (said, b""),
        drawn: (objects[drawn][0].replace(b"<<\n", form, 1), objects[drawn][1]),
        added: (b"<< /Length %d >>\n" % len(scaling), packed),
    }


def _objects(drawn: bytes) -> dict[int, tuple[bytes, bytes]]:
    """Of each object what it says and what is packed in it, by its number."""
    table = _TABLE.search(drawn)
    assert table is not None, "the engine writes a table of objects"
    found: dict[int, tuple[bytes, bytes]] = {}
    for line in (table.group(2)[at : at + 20] for at in range(20, 20 * int(table.group(1)), 20)):
        start = _OBJECT.match(drawn, int(line[:10])) if line[17:18] == b"n" else None
        if start is not None:
            found[int(start.group(1))] = _parted(drawn, start.end())
    return found


def _parted(drawn: bytes, start: int) -> tuple[bytes, bytes]:
    """What an object says, its entries in order, and its stream."""
    end, packed = drawn.index(b"endobj", start), drawn.find(b"\nstream\n", start)
    if not -1 < packed < end:
        return _ENTRIES.sub(_in_order, drawn[start:end]), b""
    said = drawn[start : packed + 1]
    length = _LENGTH.search(said)
    assert length is not None, "a stream has a length"
    end = drawn.index(b"endobj", packed + int(length.group(1)))
    return _ENTRIES.sub(_in_order, said), drawn[packed + 1 : end]


def _in_order(found: re.Match[bytes]) -> bytes:
    return b"".join(sorted(found.group().splitlines(keepends=True)))


def _found_from(first: int, objects: Mapping[int, tuple[bytes, bytes]]) -> Iterator[int]:
    """The numbers of the objects that are reached from one, in the order in which they are named."""
    seen: set[int] = set()
    left = [first]
    while left:
        one = left.pop(0)
        if one in objects and one not in seen:
            seen.add(one)
            yield one
            left += [int(found) for found in _REFERENCE.findall(objects[one][0])]


def _numbered(said: bytes, stream: bytes, number: Mapping[int, int]) -> bytes:
    return _REFERENCE.sub(lambda found: b"%d 0 R" % number.get(int(found.group(1)), 0), said) + stream


def _information(kept: Mapping[str, Any], title: str, key: str) -> bytes:
    texts = {
        "Title": visible(title),
        "Subject": visible(kept["query"]),
        "Creator": " ".join(f"{name} {version}" for name, version in kept["versions"].items()),
        "CreationDate": f"D:{re.sub('[^0-9]', '', kept['time'])}Z" if kept["time"] else "",
        key: json.dumps(kept, ensure_ascii=True),
    }
    return "<<\n{}>>\n".format("".join(f"/{name} {_text(text)}\n" for name, text in texts.items() if text)).encode()


def _text(text: str) -> str:
    """A text in which nothing can end it: of other letters than those of ASCII the hexadecimal digits of UTF-16."""
    if text.isascii():
        return "(" + re.sub(r"([\\()])", r"\\\1", text) + ")"
    return f"<{(_BIG_ENDIAN + text.encode('utf-16-be', 'replace')).hex()}>"


def _written(bodies: list[bytes]) -> bytes:
    """A file of these objects: the first is where to begin, the last the information."""
    made, places = b"%PDF-1.7\n%\x80\x80\x80\x80\n", list[int]()
    for number, body in enumerate(bodies, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%sendobj\n" % (number, body)
    table = b"0000000000 65535 f\r\n" + b"".join(b"%010d 00000 n\r\n" % place for place in places)
    size = len(bodies) + 1
    trailer = b"trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\n" % (size, size - 1)
    return b"%sxref\n0 %d\n%s%sstartxref\n%d\n%%%%EOF\n" % (made, size, table, trailer, len(made))
