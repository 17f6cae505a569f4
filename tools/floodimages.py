"""What a flood asks: images of folders and files, or digits that are drawn here."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from sklimg.errors import DataError
from sklimg.images import encode_image, read_image
from sklimg.listing import IGNORED, list_images
from sklimg.regular import read_regular

N_DRAWN, SIDE = 100, 28
PAPER, INK, NOISE = 235, 30, 12  # grey levels


def sample_images(sources: Sequence[str | Path]) -> list[bytes]:
    """Return the files of all images to ask, each one decoded once to be sure that it is one.

    Parameters
    ----------
    sources : sequence of path
        Folders and files; drawn digits if there are none.

    Raises
    ------
    DataError
        If a source is missing, has no images in it, or other files.
    ImageError
        If a file does not become pixels.
    """
    if not sources:
        return drawn_digits()
    return [image for source in sources for image in _read_source(Path(source))]


def drawn_digits() -> list[bytes]:
    """Return PNG files of digits, ten of each, no two the same; always the same ones."""
    rng, font = np.random.default_rng(0), ImageFont.load_default(size=22)
    images = []
    for number in range(N_DRAWN):
        picture = Image.new("L", (SIDE, SIDE), PAPER)
        place = tuple(SIDE / 2 + rng.uniform(-2, 2, 2))
        ImageDraw.Draw(picture).text(place, str(number % 10), fill=INK, font=font, anchor="mm")
        noisy = np.asarray(picture) + rng.normal(0, NOISE, (SIDE, SIDE))
        images.append(encode_image(np.clip(noisy, 0, 255).astype(np.uint8)))
    return images


def _read_source(source: Path) -> list[bytes]:
    """Return the files of the images of one source; anything but an image is refused."""
    listing = list_images(source)
    for name, code, reason in listing.rejects:
        if code != IGNORED:
            raise DataError(f"{source}: {name}: expected an image, got {reason}; take it out")
    if not listing.items:
        raise DataError(
            f"{source}: expected images, found none; name a folder or files that are images, or "
            "none at all to ask drawn digits"
        )
    images = []
    for item in listing.items:
        read_image(item.file)
        images.append(read_regular(item.file))
    return images
