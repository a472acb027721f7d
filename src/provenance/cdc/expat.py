"""Which XML parser the interpreter has: deposits come from strangers.

Before version 2.6.4 expat can be made to spend time that grows with the square of a file, or
to crash (CVE-2023-52425, CVE-2024-45490 to 45492, CVE-2024-50602). The limits of this package
stop the known ones; a newer interpreter stops them at their root.
"""

from __future__ import annotations

from typing import Final
from xml.parsers import expat

MIN: Final = (2, 6, 4)
"""The first version without known faults of this kind."""
VERSION: Final[tuple[int, ...]] = expat.version_info


def warning(version: tuple[int, ...] = VERSION) -> str | None:
    """Return what an operator should know of the parser, or None."""
    if version >= MIN:
        return None
    return (
        f"this Python reads XML with expat {spell(version)}, which has known faults: use one "
        f"with {spell(MIN)} or newer to read files of strangers"
    )


def spell(version: tuple[int, ...]) -> str:
    """Return a version as it is written, as in ``2.6.4``."""
    return ".".join(map(str, version))
