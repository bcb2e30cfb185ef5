"""PDF by pypdf: what a chart was made of, kept in the file, the same bytes each time, and the size of other pictures.

The engine writes objects, and the entries of dictionaries, in an order that changes from run to run: here entries are
sorted, and objects are written as they are reached from the page.
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any

from runql.errors import OutputError
from runql.extras import install_command
from runql.text.visible import visible

if TYPE_CHECKING:
    from pypdf.generic import PdfObject, StreamObject


def need() -> None:
    """Raises `OutputError` where pypdf is not installed."""
    if importlib.util.find_spec("pypdf") is None:
        message = "charts as PDF need `pypdf`, which is not installed"
        raise OutputError.of("RQL506", message, f"install it with `{install_command('charts')}`")


def with_information(drawn: bytes, kept: Mapping[str, Any], title: str, key: str, scale: float) -> bytes:
    """The PDF of another size, with what is kept of it under a key, and what other programs know under their names.

    Raises `OutputError` where pypdf is not installed.
    """
    need()
    from pypdf import PdfReader, PdfWriter
    from pypdf.generic import ContentStream, DictionaryObject, NameObject

    page = PdfReader(BytesIO(drawn)).pages[0]
    form = _form(page)
    _sort(form, set())
    scaling = ContentStream(None, None)
    scaling.set_data(b"%g 0 0 %g 0 0 cm /F Do" % (scale, scale))
    writer = PdfWriter()
    writer.pdf_header = "%PDF-1.7"
    made = writer.add_blank_page(scale * float(page.mediabox.width), scale * float(page.mediabox.height))
    parts = DictionaryObject({NameObject("/F"): form.clone(writer).indirect_reference})
    made[NameObject("/Resources")] = DictionaryObject({NameObject("/XObject"): parts})
    made.replace_contents(scaling)
    writer.metadata = _information(kept, title, key)
    written = BytesIO()
    writer.write(written)
    return written.getvalue()


def _form(page: Mapping[str, Any]) -> StreamObject:
    """What is drawn on a page as one part (a form), which another page draws in another size.

    A scale before what is drawn would leave its gradients behind: these are placed on the page, or in a form.
    """
    from pypdf.generic import NameObject

    form: StreamObject = page["/Contents"]
    form[NameObject("/Type")], form[NameObject("/Subtype")] = NameObject("/XObject"), NameObject("/Form")
    form[NameObject("/BBox")] = page["/MediaBox"]
    for shared in ("/Group", "/Resources"):
        if shared in page:
            form[NameObject(shared)] = page[shared]
    return form


def _sort(part: PdfObject, seen: set[int]) -> None:
    """Sort the entries of a dictionary, and of all that it leads to."""
    from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

    if isinstance(part, IndirectObject):
        found = part.get_object() if part.idnum not in seen else None
        seen.add(part.idnum)
        if found is not None:
            _sort(found, seen)
    elif isinstance(part, ArrayObject):
        for one in part:
            _sort(one, seen)
    elif isinstance(part, DictionaryObject):
        entries = sorted(part.items())
        part.clear()
        part.update(entries)
        for _, one in entries:
            _sort(one, seen)


def _information(kept: Mapping[str, Any], title: str, key: str) -> dict[str, str]:
    texts = {
        "Title": visible(title),
        "Subject": visible(kept["query"]),
        "Creator": " ".join(f"{name} {version}" for name, version in kept["versions"].items()),
        "CreationDate": f"D:{re.sub('[^0-9]', '', kept['time'])}Z" if kept["time"] else "",
        key: json.dumps(kept, ensure_ascii=True),
    }
    return {f"/{name}": text for name, text in texts.items() if text}
