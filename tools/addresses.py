"""Say which addresses the wheels of a folder give of the project: what `make dist` ends with.

python -m tools.addresses dist
"""

from __future__ import annotations

import sys
import zipfile
from email import message_from_bytes
from pathlib import Path

from hatch_build import HOME_PAGE


def main() -> int:
    for wheel in sorted(Path(sys.argv[1]).glob("*.whl")):
        found = addresses(wheel)
        none = f"none: neither {HOME_PAGE} nor `repository-code` of CITATION.cff says where the repository is"
        sys.stdout.write(f"addresses in {wheel.name}: {'; '.join(found) or none}\n")
    return 0


def addresses(wheel: Path) -> list[str]:
    """The addresses in the metadata of a wheel, as `Name, URL`."""
    with zipfile.ZipFile(wheel) as held:
        (name,) = [one for one in held.namelist() if one.endswith(".dist-info/METADATA")]
        return message_from_bytes(held.read(name)).get_all("Project-URL") or []


if __name__ == "__main__":
    sys.exit(main())
