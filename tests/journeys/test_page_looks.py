"""How the page of a service looks: nobody is shut out, nothing is cut off; pictures of it.

With SKLIMG_DOCS_IMAGES the pictures go into that folder, which is docs/images.
"""

import os
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from sklimg.images import encode_image
from sklimg.table import Table, write_table
from sklimg.training import fit
from tests.browsers import choose, give_token, needs_chromium, new_page, violations
from tests.serving import TOKEN, keeping

pytestmark = needs_chromium

WIDTHS, SCHEMES = (320, 390, 1200), ("light", "dark")
SIDE, N_LEARNED, N_ADDED = 16, 30, 18  # pixels; pictures of a class
MOST_BYTES = 80_000  # of a picture
TURN = np.linspace(1.05 * np.pi, 2.2 * np.pi, 16)
TWO = [  # one line, in shares of the paper
    *zip(0.48 + 0.18 * np.cos(TURN), 0.34 + 0.18 * np.sin(TURN), strict=True),
    (0.3, 0.8), (0.5, 0.79), (0.7, 0.8),
]  # fmt: skip


def digits():
    """Return {label: pictures} of the digits that scikit-learn brings."""
    found = load_digits()
    large = [
        np.asarray(
            Image.fromarray((image * 15.9).astype(np.uint8)).resize((SIDE, SIDE), Image.BICUBIC)
        )
        for image in found.images
    ]
    return {str(k): [large[i] for i in np.flatnonzero(found.target == k)] for k in range(10)}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A service that knows the digits to 8, and to which 9 is taught."""
    place, all_digits = tmp_path_factory.mktemp("digits"), digits()
    known = {label: rows[:N_LEARNED] for label, rows in all_digits.items() if label != "9"}
    table = Table(
        np.stack([row.ravel() for rows in known.values() for row in rows]),
        np.repeat(list(known), N_LEARNED),
    )
    write_table(table, place / "digits.npz")
    fit(place / "digits.npz", out=place / "run", params={"max_iter": 25}, folds=0)
    with keeping(place / "run", place / "data") as served:
        added = [(row, "9") for row in all_digits["9"][:N_ADDED]]
        added += [(row, "3") for row in all_digits["3"][N_LEARNED : N_LEARNED + 8]]
        files = [encode_image(row) for row, _ in added]
        names = [f"scan-{i:02}.png".encode() for i in range(len(files))]
        assert served.upload(files, [label for _, label in added], names).status == 200
        doubtful = served.upload(files[-2:], ["5", "8"], names[-2:]).json["pictures"]
        assert [each["status"] for each in doubtful] == ["conflict"] * 2
        yield served


@pytest.fixture(scope="module")
def shown(browser, served):
    """A way to open the page, with the token given: shown("#data")."""

    def shown(view="", **how):
        return new_page(browser, f"http://127.0.0.1:{served.port}/{view}", **how)

    return shown


def some(n, label="4"):
    rows = digits()[label][-n:]
    return [(f"{label}-{i}.png", encode_image(row)) for i, row in enumerate(rows)]


def assert_fine(page):
    """Check a page in all widths and both schemes."""
    page.evaluate("document.querySelectorAll('main details').forEach(d => { d.open = true; })")
    for width in WIDTHS:
        for scheme in SCHEMES:
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            assert violations(page) == "", (width, scheme)
            assert page.evaluate("document.documentElement.scrollWidth") <= width


def draw(page, line):
    """Draw a line with the mouse."""
    pad = page.locator("#pad")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in line]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point)
    page.mouse.up()


def test_asking(shown):
    with shown() as page:
        assert_fine(page)
        choose(page, "#images", *some(1))
        page.locator(".answer h2").wait_for()
        assert_fine(page)


def test_asking_for_many(shown):
    with shown(refused={422}) as page:
        choose(page, "#images", *some(6), ("none of these.png", b"none"))
        page.locator(".state", has_text="6 of 7 pictures read").wait_for()
        assert_fine(page)


def test_what_is_unknown(shown, served):
    blank = ("blank.png", encode_image(np.full((SIDE, SIDE), 128, np.uint8)))

    def unsure(route):
        told = route.fetch().json()
        told["predictions"][0]["rejected"] = True
        route.fulfill(json=told)

    with shown() as page:
        page.route("**/predict*", unsure)  # this model knows no threshold
        choose(page, "#images", blank)
        page.locator(".answer.unknown h2").wait_for()
        assert_fine(page)


def test_the_dialog_of_the_token(shown):
    with shown() as page:
        page.get_by_role("button", name="Token").click()
        page.locator("#token-field:focus").wait_for()
        assert_fine(page)
        page.fill("#token-field", TOKEN)
        page.keyboard.press("Enter")


def test_pictures_and_doubts(shown):
    with shown("#data") as page:
        page.locator(".doubts li").nth(1).wait_for()
        page.get_by_role("button", name="9", exact=True).click()
        page.locator(".mosaic img").first.wait_for()
        page.locator(".mosaic .mini").first.click()
        assert_fine(page)


def test_more(shown):
    with shown("#more") as page:
        page.locator("#told-classes li").first.wait_for()
        assert_fine(page)


def keep(page, place, name):
    """Take a picture of a page, in few colours."""
    page.evaluate("document.activeElement.blur()")
    page.mouse.move(1, 1)
    taken = Image.open(BytesIO(page.screenshot(scale="css", animations="disabled")))
    taken.convert("RGB").quantize(64, dither=Image.Dither.NONE).save(place / name, optimize=True)
    with Image.open(place / name) as kept:
        assert kept.format == "PNG"
        assert kept.width in (390, 1000)
        assert np.asarray(kept.convert("L")).std() > 10
    assert (place / name).stat().st_size < MOST_BYTES


@pytest.fixture
def pictured(shown):
    """A way to open the page as in the docs: pictured("#data", 1000, 900)."""

    def pictured(view, width, height, **how):
        size = {"width": width, "height": height}
        return shown(view, viewport=size, reduced_motion="reduce", **how)

    return pictured


@pytest.mark.long
def test_pictures_for_the_docs(pictured, served, tmp_path):
    """The last one here: the model is another one afterwards."""
    place = Path(os.environ.get("SKLIMG_DOCS_IMAGES", tmp_path))
    for name, width, height, scheme in (
        ("page-ask.png", 1000, 1170, "light"),
        ("page-ask-dark-phone.png", 390, 1080, "dark"),
    ):
        with pictured("", width, height, color_scheme=scheme) as page:
            page.locator("#chalk:checked").wait_for()  # as its pictures are
            draw(page, TWO)
            page.locator(".answer h2").wait_for()
            assert page.locator(".answer h2").inner_text() == "2"
            page.locator(".seen img").evaluate("each => each.decode()")
            if width == 390:
                page.locator(".pen").evaluate("each => { each.scrollIntoView(); scrollBy(0, 38); }")
            keep(page, place, name)
    with pictured("#data", 1000, 1210) as page:
        page.locator(".doubts li").nth(1).wait_for()
        page.get_by_role("button", name="9", exact=True).click()
        page.locator(".mosaic img").first.wait_for()
        page.locator("#doubts").evaluate("each => { each.scrollIntoView(); scrollBy(0, 25); }")
        keep(page, place, "page-data.png")
    with pictured("#train", 1000, 1330) as page:
        give_token(page, served.token)
        page.get_by_role("button", name="Train a newer model").click()
        page.locator("#job h2", has_text="Done").wait_for(timeout=120_000)
        page.locator(".models tbody tr").nth(1).wait_for()
        page.evaluate("scrollTo(0, 0)")
        keep(page, place, "page-train.png")
        assert_fine(page)
