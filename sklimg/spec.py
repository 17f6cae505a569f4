"""What every picture becomes before a model sees it: one set of choices.

Floor 0: imports only the errors, so that a command may name the choices without
loading numpy or Pillow.
"""

from dataclasses import asdict, dataclass
from math import isqrt, prod

from sklimg.errors import UsageError

__all__ = ["CLEANS", "FITS", "INVERTS", "MODES", "RESAMPLES", "ImageSpec"]

FITS = ("stretch", "pad", "crop")
INVERTS = ("no", "yes", "auto")
CLEANS = ("no", "yes", "auto")
MODES = ("L", "RGB")
RESAMPLES = ("bilinear", "box", "bicubic", "lanczos")


@dataclass(frozen=True)
class ImageSpec:
    """How any picture becomes the pixels that a model sees.

    Parameters
    ----------
    side : int, default=28
        Height and width of the result in pixels, 1 to 1024.
    mode : {"L", "RGB"}, default="L"
        Grey or colour.
    fit : {"stretch", "pad", "crop"}, default="stretch"
        What becomes of a picture that is not square: stretched, padded with the
        median grey (or colour) of its border, or cropped to its middle.
    resample : {"bilinear", "box", "bicubic", "lanczos"}, default="bilinear"
        Pillow's filter, which averages over all source pixels when shrinking.
    invert : {"no", "yes", "auto"}, default="no"
        Whether grey levels are turned round: never, always, or where the median
        of the image is light, so that dark ink on light paper and light ink on
        dark paper both end as light on dark.
    clean : {"no", "yes", "auto"}, default="no"
        Whether every picture is taken for a symbol on paper, whose rules and specks
        are removed and which is centred. "auto" is settled for a whole set: yes for tiles that
        were cleaned when they were cut, so that what a model is asked is cleaned, too.
    """

    side: int = 28
    mode: str = "L"
    fit: str = "stretch"
    resample: str = "bilinear"
    invert: str = "no"
    clean: str = "no"

    def __post_init__(self):
        choices = {
            "mode": MODES,
            "fit": FITS,
            "resample": RESAMPLES,
            "invert": INVERTS,
            "clean": CLEANS,
        }
        for name, allowed in choices.items():
            if getattr(self, name) not in allowed:
                raise UsageError(
                    f"{name}: expected one of {', '.join(allowed)}, got {getattr(self, name)!r}"
                )
        if type(self.side) is not int or not 1 <= self.side <= 1024:
            raise UsageError(f"side: expected a whole number from 1 to 1024, got {self.side!r}")

    @classmethod
    def guessed(cls, n_pixels: int) -> "ImageSpec | None":
        """Return the spec that a number of pixels tells: square, grey or colour."""
        for mode, channels in (("L", 1), ("RGB", 3)):
            side = isqrt(n_pixels // channels)
            if 1 <= side <= 1024 and side * side * channels == n_pixels:
                return cls(side, mode)
        return None

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one image: (side, side) or (side, side, 3)."""
        return (self.side, self.side) if self.mode == "L" else (self.side, self.side, 3)

    @property
    def n_pixels(self) -> int:
        """Numbers in one vector."""
        return prod(self.shape)

    def as_dict(self) -> dict:
        """Return the fields as a plain dict, for JSON."""
        return asdict(self)

    def __str__(self):
        return f"{self.side}x{self.side} {'grey' if self.mode == 'L' else 'colour'}"
