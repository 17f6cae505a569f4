"""Files that break programs, made here byte by byte, each with what is to become of it.

`HOSTILE` names each file with its bytes and its outcome: a grey level where the
picture is flat, four of them for the quarters of one that is not, or the code of
the error. `make_places` makes what is no regular file.
"""

import os
import struct
import zlib
from io import BytesIO

import numpy as np
from PIL import Image

GREY = 90
QUARTERS = [240, 140, 40, 40]  # of the upright picture, in reading order
UNDO = {  # how a picture is stored so that its orientation tag turns it upright
    1: np.asarray, 2: np.fliplr, 3: lambda a: np.rot90(a, 2), 4: np.flipud, 5: np.transpose,
    6: np.rot90, 7: lambda a: np.rot90(a.T, 2), 8: lambda a: np.rot90(a, 3),
}  # fmt: skip


def encoded(image, format="PNG", **options):
    """Return the bytes that Pillow makes of an image."""
    buffer = BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def flat(level=GREY, mode="L", size=(64, 64)):
    return Image.new(mode, size, level)


def noisy():
    """Return a picture that does not compress, so that a part of its file misses much."""
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8))


def chunk(kind, data, crc=None):
    """Return a PNG chunk, its checksum right unless given."""
    crc = zlib.crc32(kind + data) if crc is None else crc
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)


def png(*extra, size=(64, 64), rows=None, crc=None):
    """Return a PNG of one grey, with extra chunks before its pixels."""
    header = struct.pack(">IIBBBBB", *size, 8, 0, 0, 0, 0)
    rows = (b"\0" + bytes([GREY]) * size[0]) * size[1] if rows is None else rows
    pixels = chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [chunk(b"IHDR", header, crc), *extra, pixels, chunk(b"IEND", b"")]
    )


def apng():
    """Return an animated PNG whose second frame is lighter."""
    frame = struct.pack(">IIIIIHHBB", 0, 64, 64, 0, 0, 1, 10, 0, 0)
    later = struct.pack(">IIIIIHHBB", 1, 64, 64, 0, 0, 1, 10, 0, 0)
    light = zlib.compress((b"\0" + b"\xc8" * 64) * 64)
    start = png(chunk(b"acTL", struct.pack(">II", 2, 0)), chunk(b"fcTL", frame))
    return start[:-12] + chunk(b"fcTL", later) + chunk(b"fdAT", b"\0\0\0\2" + light) + start[-12:]


def exif_jpeg(tags):
    """Return a JPEG with an EXIF segment of these bytes."""
    return encoded(flat(), "JPEG", exif=b"Exif\0\0" + tags)


def ifd(*entries):
    """Return the TIFF structure of an EXIF segment: (tag, type, count, four bytes)."""
    listed = b"".join(struct.pack("<HHI", *entry[:3]) + entry[3] for entry in entries)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + listed + b"\0\0\0\0"


def turned(tag, format):
    """Return a picture of four quarters, stored turned, with the tag that says so."""
    upright = np.kron(np.reshape(QUARTERS, (2, 2)), np.ones((32, 32))).astype(np.uint8)
    exif = Image.Exif()
    exif[0x0112] = tag
    stored = Image.fromarray(np.ascontiguousarray(UNDO[tag](upright)))
    return encoded(stored, format, exif=exif)


def tiff(tags, pixels, following=0):
    """Return a TIFF of one page by its tags {tag: number}; pixels stand at byte 8."""
    listed = b"".join(struct.pack("<HHII", tag, 4, 1, tags[tag]) for tag in sorted(tags))
    start = 8 + len(pixels)
    return (
        b"II*\0" + struct.pack("<I", start) + pixels + struct.pack("<H", len(tags)) + listed
        + struct.pack("<I", start if following == "itself" else following)
    )  # fmt: skip


STRIP = {256: 64, 257: 64, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: 64, 279: 64 * 64}
TILES = {256: 64, 257: 64, 258: 8, 259: 1, 262: 1, 277: 1, 322: 64, 323: 64, 324: 8, 325: 64 * 64}
LEVELS = bytes([GREY]) * (64 * 64)


def bmp(width, height, n_rows=64):
    """Return a BMP of 24 bits that says what size it has."""
    rows = bytes([GREY]) * (64 * 3 * n_rows)
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, len(rows), 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + len(rows), 0, 0, 54) + header + rows


def frames(format, **options):
    """Return an animation of two frames; the second is lighter."""
    first, second = (flat(level, "RGB") for level in [(GREY,) * 3, (200,) * 3])
    return encoded(first, format, save_all=True, append_images=[second], **options)


def pages(*sizes):
    """Return a TIFF with a page of each size."""
    first, *rest = (flat(size=size) for size in sizes)
    return encoded(first, "TIFF", save_all=True, append_images=rest)


def part(data, share=0.6):
    return data[: int(share * len(data))]


def many_scans():
    """Return a progressive JPEG of 49 million pixels whose last scan comes 400 times more."""
    data = encoded(flat(size=(7000, 7000)), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:-2] + data[last:-2] * 400 + data[-2:]


PALETTE = Image.new("P", (64, 64), 0)
PALETTE.putpalette([0, 0, 0, 9, 9, 9])

HOSTILE = {
    # no picture at all
    "empty.png": (b"", "empty"),
    "one-byte.gif": (b"G", "not_an_image"),
    "text.jpg": (b"hello, world\n" * 9, "not_an_image"),
    "page.jpg": (b"<!DOCTYPE html><title>404</title>", "unsupported_format"),
    "print.jpg": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "unsupported_format"),
    "phone.jpg": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "unsupported_format"),
    "drawing.jpg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "unsupported_format"),
    "archive.png": (b"PK\x03\x04" + b"\0" * 60, "unsupported_format"),
    "sound.webp": (b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0", "not_an_image"),
    # cut short
    "cut.png": (part(encoded(noisy())), "truncated"),
    "cut.jpg": (part(encoded(noisy(), "JPEG")), "truncated"),
    "cut-grey.jpg": (part(encoded(noisy().convert("L"), "JPEG")), "truncated"),
    "cut-header.jpg": (encoded(noisy(), "JPEG")[:40], "truncated"),
    "cut.gif": (part(encoded(noisy(), "GIF")), "truncated"),
    "cut.webp": (part(encoded(noisy(), "WEBP")), "truncated"),
    "cut.tif": (tiff(STRIP | {273: 122}, b"") + LEVELS[:2000], "truncated"),
    "cut.bmp": (part(bmp(64, 64)), "truncated"),
    # larger than it looks
    "bomb.png": (png(size=(60_000, 60_000), rows=b""), "too_large"),
    "large.png": (png(size=(7_100, 7_100), rows=b""), "too_large"),
    "bomb.bmp": (bmp(2_000_000, 2_000_000, 1), "too_large"),
    "bomb.gif": (b"GIF89a\xff\xff\xff\xff\0\0\0,\0\0\0\0\xff\xff\xff\xff\0\2\0;", "too_large"),
    "text-bomb.png": (
        png(chunk(b"iTXt", b"a\0\1\0\0\0" + zlib.compress(bytes(80_000_000), 9))), "too_large",
    ),
    "profile-bomb.png": (
        png(chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(80_000_000), 9))), "too_large",
    ),
    "scans-bomb.jpg": (many_scans(), "too_large"),
    # damaged
    "sum.png": (png(crc=7), "damaged"),
    "frame.gif": (b"GIF89a\x40\0\x40\0\0\0\0,\0\0\0\0\0\0\0\0\0\2\0;", "damaged"),
    "strips.tif": (tiff(STRIP | {273: 2**31}, LEVELS), "truncated"),
    "many-samples.tif": (tiff(STRIP | {277: 65535}, LEVELS), "damaged"),  # Pillow logs a line
    "deflated.tif": (tiff(STRIP | {259: 8}, LEVELS), "damaged"),  # libtiff prints a line
    "loop.tif": (tiff(STRIP, LEVELS, following="itself"), GREY),
    # odd but sound
    "16-bit.png": (encoded(Image.fromarray(np.full((64, 64), 257 * GREY, np.uint16))), GREY),
    "1-bit.png": (encoded(flat(1, "1")), 255),
    "clear-colour.png": (encoded(PALETTE, transparency=0), 255),
    "grey-and-clear.png": (encoded(flat((0, 0), "LA")), 255),
    "four-colours.jpg": (encoded(flat((0, 0, 0, 0), "CMYK"), "JPEG"), 255),
    "upside-down.bmp": (bmp(64, -64), GREY),
    "float.tif": (encoded(Image.fromarray(np.full((64, 64), 0.5, np.float32)), "TIFF"), 128),
    "int32.tif": (encoded(Image.fromarray(np.full((64, 64), 257 * GREY, np.int32)), "TIFF"), GREY),
    "tiles.tif": (tiff(TILES, LEVELS), GREY),
    "pages.tif": (pages((64, 64), (9, 40), (300, 20)), GREY),
    "moving.gif": (frames("GIF"), GREY),
    "moving.webp": (frames("WEBP", lossless=True), GREY),
    "moving.png": (apng(), GREY),
    "two-in-one.jpg": (frames("MPO"), GREY),
    "cut-behind.gif": (frames("GIF")[: frames("GIF").rindex(b"!\xf9\x04") + 4], GREY),
    "behind.png": (png() + b"and more" * 99, GREY),
    # damage beside the picture
    "tag-is-text.jpg": (exif_jpeg(ifd((0x0112, 2, 2, b"6\0\0\0"))), GREY),
    "tag-is-99.jpg": (exif_jpeg(ifd((0x0112, 3, 1, b"\x63\0\0\0"))), GREY),
    "tag-is-far.jpg": (exif_jpeg(ifd((0x0112, 5, 9, b"\xff\xff\xff\x7f"))), GREY),
    "tags-cut.jpg": (exif_jpeg(ifd((0x0112, 3, 1, b"\6\0\0\0"))[:14]), GREY),
    "tags-of-no-kind.png": (png(chunk(b"eXIf", b"XX*\0\x08\0\0\0" + bytes(9))), GREY),
    "tags-cut.png": (png(chunk(b"eXIf", b"II*\0")), GREY),
    "tags-no-hex.png": (png(chunk(b"tEXt", b"Raw profile type exif\0\n\n\nxyz")), GREY),
    "tags-garbage.jpg": (exif_jpeg(b"II*\0\xff\xff\xff\xff" + bytes(range(99))), GREY),
    **{f"turned-{tag}.jpg": (turned(tag, "JPEG"), QUARTERS) for tag in UNDO},
    "turned-6.png": (turned(6, "PNG"), QUARTERS),
    "turned-5.tif": (turned(5, "TIFF"), QUARTERS),
    "turned-8.webp": (turned(8, "WEBP"), QUARTERS),
}  # fmt: skip


def write_hostile(folder):
    """Write the files of `HOSTILE` into a new folder."""
    folder.mkdir(parents=True)
    for name, (data, _) in HOSTILE.items():
        (folder / name).write_bytes(data)
    return folder


def make_places(folder):
    """Make what is no picture file, whatever its name says; return {name: code}."""
    os.mkfifo(folder / "pipe.png")
    (folder / "device.png").symlink_to("/dev/zero")
    (folder / "circle.png").symlink_to("circle.png")
    (folder / "nowhere.png").symlink_to("absent.png")
    (folder / "folder.jpg").mkdir()
    (folder / "two\nlines.png").write_bytes(b"hello")
    (folder / os.fsdecode(b"\xff.png")).write_bytes(b"hello")
    return {
        "pipe.png": "not_a_file",
        "device.png": "link",
        "circle.png": "unreadable",
        "nowhere.png": "missing",
        "two\nlines.png": "not_an_image",
        "\\xff.png": "bad_name",
    }
