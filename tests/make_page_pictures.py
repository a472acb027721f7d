"""The page's pictures in ``docs/images``: ``python tests/make_page_pictures.py DEMO``.

They are what the verification page says of the demo's genuine CV, and of the one on which a
title was painted over: side by side, as a screen shows them, and as a telephone does.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any, Final, NamedTuple

from PIL import Image

from page_browser import browse
from provenance.cv.page import make_page
from sources import ROOT

IMAGES: Final = ROOT / "docs" / "images"
DOCUMENTS: Final = ("cv.pdf", "painted.pdf")
GAP: Final = 24
COLOURS: Final = 256


class Picture(NamedTuple):
    """A browser for each of the two documents."""

    width: int
    height: int
    plans: tuple[dict[str, Any], dict[str, Any]]


FRENCH: Final[dict[str, Any]] = {"locale": "fr-FR"}
ENGLISH: Final[dict[str, Any]] = {"locale": "en-GB"}
PICTURES: Final = {
    "verification-page.png": Picture(760, 1010, (ENGLISH, ENGLISH)),
    "verification-page-fr.png": Picture(760, 1010, (FRENCH, FRENCH)),
    "verification-page-phone.png": Picture(390, 844, (FRENCH, FRENCH | {"colors": "dark"})),
}


def draw(picture: Picture, demo: Path, page: Path, folder: Path) -> Image.Image:
    width = picture.width * 2 + GAP
    whole = Image.new("RGB", (width, picture.height), "white")
    for number, (name, plan) in enumerate(zip(DOCUMENTS, picture.plans, strict=True)):
        shot = folder / f"{number}.png"
        step = {"id": name, "file": str(demo / name), "image": str(shot), "full": False}
        size = {"width": picture.width, "height": picture.height}
        browse(page, [step], folder, **size, **plan)
        with Image.open(shot) as seen:
            whole.paste(seen, (number * (picture.width + GAP), 0))
    return whole.quantize(COLOURS, method=Image.Quantize.MEDIANCUT)


def main(demo: Path) -> None:
    policy = (demo / "stranger" / "policy.txt").read_text()
    roots = (demo / "stranger" / "seal-roots.txt").read_text()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        page = folder / "verify.html"
        page.write_text(make_page(policy, roots), encoding="utf-8")
        for name, picture in PICTURES.items():
            draw(picture, demo, page, folder).save(IMAGES / name, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
