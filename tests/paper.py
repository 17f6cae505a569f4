"""Forms filled with digits and photographed, and the truth about them."""

from io import BytesIO

import numpy as np
from PIL import Image
from scipy.ndimage import zoom

from sklimg.formpages import form_png
from sklimg.forms import MARGIN, SIZES, plan_forms
from tests.drawn import glyphs, photograph

LABELS = [*"0123456789abcxyz+-×÷%$,", "NA", "007", "ü", "中文", "$x_1$", "a longer label", "été"]


def random_form(rng):
    """Return one page of a form with labels and numbers at random, and its paper."""
    paper = ("a4", "letter")[rng.integers(2)]
    labels = [str(label) for label in rng.choice(LABELS, rng.integers(1, 30), replace=False)]
    forms = plan_forms(labels, int(rng.integers(1, 40)), paper)
    return forms[rng.integers(len(forms))], paper


def print_form(form, paper, dpi=150):
    """Return the pixels of a page and the nodes of its boxes in them."""
    with Image.open(BytesIO(form_png(form, paper, dpi))) as image:
        page = np.asarray(image.convert("L"))
    height, width = SIZES[paper]
    frame = np.array([height - 2 * MARGIN, width - 2 * MARGIN])
    return page, (MARGIN + form.places * frame) * dpi / 25.4 - 0.5


def write_digits(page, nodes, form, rng):
    """Return the page with a digit somewhere in each box that is used."""
    images, _ = glyphs()
    ink = np.zeros(page.shape, np.float32)
    side = nodes[1, 0, 0] - nodes[0, 0, 0]
    for i, label in enumerate(form.labels):
        if label is not None:
            size = side * rng.uniform(0.5, 0.8)
            glyph = np.clip(zoom(images[rng.integers(len(images))], size / 40, order=1), 0, 1)
            room = side - np.array(glyph.shape)
            at = nodes[divmod(i, form.columns)] + room / 2 + rng.uniform(-0.4, 0.4, 2) * room
            y, x = at.astype(int)
            part = ink[y : y + glyph.shape[0], x : x + glyph.shape[1]]
            np.maximum(part, 0.9 * glyph, out=part)
    return np.minimum(page, 255 * (1 - ink))


def turn(page, nodes, quarters):
    """Return a page and its nodes after quarter turns against the clock."""
    for _ in range(quarters):
        nodes = np.stack([page.shape[1] - 1 - nodes[..., 1], nodes[..., 0]], axis=-1)
        page = np.rot90(page)
    return page, nodes


def photograph_form(form, paper, rng, quarters=0, size=1400, cover=None):
    """Return a photo of a filled form and its nodes; *cover* is a corner to hide."""
    page, nodes = print_form(form, paper)
    page = write_digits(page, nodes, form, rng)
    if cover is not None:
        reach = int(24 / 25.4 * 150)
        rows, columns = ((slice(reach), slice(-reach, None))[i] for i in divmod(cover, 2))
        page[rows, columns] = rng.integers(0, 256)
    return photograph(*turn(page, nodes, quarters), rng, 10.0, size)


def misplaced(nodes, truth):
    """Return how far the worst node is off, in sides of a box."""
    return np.abs(nodes - truth).max() / np.linalg.norm(truth[0, 1] - truth[0, 0])
