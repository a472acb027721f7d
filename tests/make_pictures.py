"""The pictures in ``docs/images``: ``python tests/make_pictures.py DEMO`` after a demo.

They are what the demo's genuine and forged CVs look like on a screen, in few colours.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import pypdfium2
from PIL.Image import Quantize

from sources import ROOT

if TYPE_CHECKING:
    from PIL.Image import Image

IMAGES: Final = ROOT / "docs" / "images"
WIDTH: Final = 720
"""Pixels of a page."""
COLOURS: Final = 64


class Picture(NamedTuple):
    """A file of the demo and the part of its first page, from top to bottom."""

    source: str
    top: float
    bottom: float


PICTURES: Final = {
    "cv.png": Picture("cv.pdf", 0.0, 1.0),
    "cv-forged.png": Picture("painted.pdf", 0.0, 0.405),
    "cv-code.png": Picture("cv.pdf", 0.81, 0.97),
}


def draw(demo: Path, picture: Picture) -> Image:
    with pypdfium2.PdfDocument(demo / picture.source) as document:
        page = document[0]
        image: Image = page.render(scale=WIDTH / page.get_width()).to_pil()
    height = image.height
    part = image.crop((0, int(height * picture.top), WIDTH, int(height * picture.bottom)))
    return part.quantize(COLOURS, method=Quantize.MAXCOVERAGE)


def main(demo: Path) -> None:
    IMAGES.mkdir(exist_ok=True)
    for name, picture in PICTURES.items():
        draw(demo, picture).save(IMAGES / name, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
