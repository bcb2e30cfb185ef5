"""The program that draws pictures, run by `drawer` as a process of its own: requests come in on its standard input,
pictures go out on its standard output.

It imports nothing of RunQL. A request is a line of JSON, `{"what", "spec", "options"}`; the answer a line of JSON,
`{"length"}` or `{"error"}`, and so many bytes.
"""

from __future__ import annotations

import json
import sys
from typing import Any, Final

_UNASSIGNED: Final = "\u0378"
_NOTHING: Final = {"data": {"values": []}, "mark": "point", "encoding": {}}


def drawn(request: dict[str, Any]) -> bytes:
    """The answer to a request."""
    import vl_convert

    engine: Any = vl_convert
    options = request["options"]
    match request["what"]:
        case "svg":
            text: str = engine.vegalite_to_svg(request["spec"], **options)
            return text.encode()
        case "png":
            picture: bytes = engine.vegalite_to_png(request["spec"], **options)
            return picture
        case "pdf":
            document: bytes = engine.vegalite_to_pdf(request["spec"], **options)
            return document
        case "script":
            script: str = engine.javascript_bundle(vl_version=options["vl_version"])
            return script.encode()
        case "lacking":
            return json.dumps(_lacking(request["spec"], options["family"])).encode()
        case what:
            raise ValueError(f"no {what}")


def _lacking(characters: str, family: str) -> str:
    """Those of some characters for which no font has a glyph: they look like one that nobody has, or like nothing."""
    none = {_picture(one, family) for one in (_UNASSIGNED, " ")}
    return "".join(one for one in characters if _picture(one, family) in none)


def _picture(character: str, family: str) -> bytes:
    import vl_convert

    text = f'<text x="4" y="22" font-size="20" font-family="{family}">{character}</text>'
    drawn: bytes = vl_convert.svg_to_png(f'<svg xmlns="http://www.w3.org/2000/svg" width="60" height="30">{text}</svg>')
    return drawn


def main() -> None:
    """Draw what is asked for until nobody asks any more. The engine starts before the first request: that is most of
    the work of a first picture.
    """
    sys.path[:] = json.loads(sys.argv[1])
    drawn({"what": "svg", "spec": _NOTHING, "options": json.loads(sys.argv[2])})
    out = sys.stdout.buffer
    for line in sys.stdin.buffer:
        try:
            answer = drawn(json.loads(line))
            head: dict[str, Any] = {"length": len(answer)}
        except Exception as error:  # noqa: BLE001 - whatever the engine refuses is said to whoever asked
            answer, head = b"", {"error": str(error), "length": 0}
        out.write(json.dumps(head).encode() + b"\n" + answer)
        out.flush()


if __name__ == "__main__":
    main()
