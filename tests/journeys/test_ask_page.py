"""Asking in a browser: pictures chosen, dropped, pasted, drawn; many; with a lost connection."""

import base64
import csv
import dataclasses
import re
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from sklimg.images import encode_image
from tests.browsers import choose, needs_chromium
from tests.builders import bars
from tests.serving import serving

pytestmark = needs_chromium

HOSTILE = ['=1+1","x.png', "<img src=x onerror=alert(1)>.png", "'\"><script>alert(1)</script>.png"]
TRANSFER = """files => {
  const transfer = new DataTransfer();
  for (const [name, content] of files) {
    const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
    transfer.items.add(new File([bytes], name, {type: "image/png"}));
  }
  return transfer;
}"""
PASTE = """transfer => document.activeElement.dispatchEvent(new ClipboardEvent("paste",
  {clipboardData: transfer, bubbles: true, cancelable: true}))"""


@pytest.fixture(scope="module")
def served(bars_run):
    """A service that keeps nothing, and says "unknown" below 0.9."""
    with serving(dataclasses.replace(bars_run.model, threshold=0.9)) as served:
        yield served


def files_of(n_of_class, seed=5):
    """Return [(name, content)] of bars."""
    table = bars(n_of_class, seed=seed)
    rows = zip(table.labels, table.pixels, strict=True)
    return [
        (f"{label}-{i}.png", encode_image(row.reshape(8, 8))) for i, (label, row) in enumerate(rows)
    ]


def percent(share):
    return "> 99.9 %" if 0.9995 < share < 1 - 1e-9 else f"{100 * share:.1f} %"


def test_a_chosen_picture_is_answered(opened, served):
    (name, content), *_ = files_of({"2": 1})
    told = served.images(content, query="?pixels=true&top=5").json["predictions"][0]
    with opened() as page:
        choose(page, "#images", (name, content))
        answer = page.locator(".answer")
        assert answer.locator("h2").inner_text() == told["label"] == "2"
        assert f"With a probability of {percent(told['probability'])}." in answer.inner_text()
        bars = [row.inner_text().split("\t") for row in answer.locator(".bars tr").all()]
        told_bars = [[each["label"], "", percent(each["probability"])] for each in told["top"]]
        assert [[part.strip() for part in bar] for bar in bars] == told_bars
        assert answer.locator(".seen img").get_attribute("src") == told["pixels"]
        width = "image => image.decode().then(() => image.naturalWidth)"
        assert answer.locator(".seen img").evaluate(width) == 8
        assert answer.locator(".given img").evaluate(width) == 8
        page.locator("#said", has_text=f"2, {percent(told['probability'])}").wait_for()


def test_what_is_unknown_is_called_so(opened, served):
    flat = [encode_image(np.full((8, 8), level, np.uint8)) for level in (0, 40, 90, 255)]
    told = served.images(*flat).json["predictions"]
    at = [each["rejected"] for each in told].index(True)
    with opened() as page:
        choose(page, "#images", ("flat.png", flat[at]))
        assert page.locator(".answer.unknown h2").inner_text() == "Unknown"
        text = page.locator(".answer").inner_text()
        assert f"Most likely {told[at]['label']}, with a probability of" in text
        assert "What is it?" in text
        others = page.locator(".answer .chip").all_inner_texts()
        assert sorted(others) == sorted(["2", "10", "a", "other…"])


def test_pictures_are_dropped_and_pasted(opened):
    told = [[name, base64.b64encode(file).decode()] for name, file in files_of({"2": 1, "10": 1})]
    with opened() as page:
        page.dispatch_event(
            "#ask", "drop", {"dataTransfer": page.evaluate_handle(TRANSFER, told[:1])}
        )
        assert page.locator(".answer h2").inner_text() == "2"
        page.evaluate(PASTE, page.evaluate_handle(TRANSFER, told[1:]))
        page.locator(".answer h2", has_text="10").wait_for()
        page.dispatch_event(".drop", "drop", {"dataTransfer": page.evaluate_handle(TRANSFER, told)})
        state(page, "2 of 2 pictures read")
        beside = page.evaluate_handle(TRANSFER, told)
        assert page.evaluate(  # nor is a file opened that falls beside it
            """transfer => ["dragover", "drop"].map((name) => document.querySelector("footer")
            .dispatchEvent(new DragEvent(name, {dataTransfer: transfer, bubbles: true,
            cancelable: true})))""",
            beside,
        ) == [False, False]


def drawn_row(page, k):
    """Draw a line through row k of eight."""
    pad = page.locator("#pad")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    y = box["y"] + box["height"] * (k + 0.5) / 8
    page.mouse.move(box["x"] + 2, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 2, y, steps=4)
    page.mouse.up()


def ink(page):
    """Return the share of the paper that is drawn on, white on black."""
    address = page.locator("#pad").evaluate("pad => pad.toDataURL()")
    drawn = Image.open(BytesIO(base64.b64decode(address.split(",")[1])))
    return np.mean(np.asarray(drawn.convert("L")) > 128)


def state(page, text):
    """Wait until a text is told above the table; return all of it."""
    place = page.locator(".state", has_text=text)
    place.wait_for()
    return place.inner_text()


def test_a_picture_is_drawn_by_hand(opened):
    with opened() as page:
        page.get_by_label("light on dark").check()
        undo, wipe = (page.get_by_role("button", name=name) for name in ("Undo", "Clear"))
        assert undo.is_disabled()
        assert ink(page) == 0
        drawn_row(page, 1)
        answer = page.locator("#pad-answer")
        page.locator(".answer h2", has_text="10").wait_for()
        first, share = answer.inner_text(), ink(page)
        assert first.startswith("10, ")
        assert 0.05 < share < 0.1
        assert not page.locator("#pad-hint").is_visible()
        drawn_row(page, 5)
        page.locator("#pad-answer", has_not_text=re.compile(f"^({re.escape(first)}|…)$")).wait_for()
        assert ink(page) > 1.5 * share
        undo.click()
        page.locator("#pad-answer", has_text=first).wait_for()
        assert ink(page) == share
        wipe.click()
        assert ink(page) == 0
        assert answer.inner_text() == ""
        assert wipe.is_disabled()


def test_a_picture_is_drawn_with_keys(opened):
    with opened() as page:
        page.get_by_label("light on dark").check()
        page.locator("#pad").focus()
        for key, n in (("ArrowUp", 7), ("ArrowLeft", 20), ("Space", 1), ("ArrowRight", 40)):
            for _ in range(n):
                page.keyboard.press(key)
        assert page.locator(".answer").count() == 0
        page.keyboard.press("Enter")
        assert page.locator(".answer h2").inner_text() == "a"
        shown = page.locator(".given img").evaluate("image => image.decode().then(() => 1)")
        assert shown == 1
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "undo"
        page.keyboard.press("Enter")
        assert ink(page) == 0


def cells(page):
    """Return {name: (answer, probability or error)} of the table."""
    told = {}
    for row in page.locator(".answers tbody tr").all():
        name, *rest = row.locator("td").all_inner_texts()[2:]
        told[name] = rest[0]
    return told


def test_several_are_a_table_that_is_saved(opened, tmp_path):
    good = files_of({"2": 2, "10": 1, "a": 1})
    files = [(name, content) for name, (_, content) in zip(HOSTILE, good, strict=False)]
    files += [good[3], ("no picture.png", b"GIF89a"), ("empty.png", b"")]
    with opened(refused={422}) as page:
        choose(page, "#images", *files)
        state(page, "4 of 6 pictures read, 2 could not be read")
        told = cells(page)
        assert list(told) == [name for name, _ in files]
        assert "damaged" in told["no picture.png"]
        assert told["empty.png"]
        for (_, answer), label in zip(told.items(), ["2", "2", "10", "a"], strict=False):
            assert answer.split(" ", 1)[0] == label
        assert page.locator('img[src="x"], .answers script').count() == 0
        assert page.locator("tr", has_text="no picture").locator("img").count() == 0
        with page.expect_download() as download:
            page.get_by_role("button", name="Save as CSV").click()
        assert download.value.suggested_filename == "answers.csv"
        download.value.save_as(tmp_path / "answers.csv")
    with (tmp_path / "answers.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["input"] for row in rows] == [name for name, _ in files[:4]]
    for row in rows:
        assert told[row["input"]] == f"{row['label']} {percent(float(row['probability']))}"
        assert row["rejected"] == "false"
        assert row["label2"] != row["label"]
        assert float(row["probability2"]) < float(row["probability"])


def test_200_are_asked_a_few_at_a_time(opened):
    files = files_of({"2": 100, "10": 100})
    with opened() as page:
        sent = []
        page.on("request", lambda asked: sent.append(asked.url) if "predict" in asked.url else None)
        choose(page, "#images", *files)
        state(page, "200 of 200 pictures read")
        assert len(sent) == 5
        told = cells(page)
    assert list(told) == [name for name, _ in files]
    right = [answer.startswith(name.split("-")[0] + " ") for name, answer in told.items()]
    assert np.mean(right) > 0.95


def test_what_is_too_large_is_not_sent(opened, tmp_path):
    with (tmp_path / "large.png").open("wb") as file:
        file.truncate(10_000_001)
    with opened() as page:
        sent = []
        page.on("request", lambda asked: sent.append(asked.url))
        choose(page, "#images", tmp_path / "large.png")
        text = page.locator(".answer .notice").inner_text()
        assert "large.png: is larger than 10 MB" in text
        assert not [url for url in sent if "predict" in url]


def test_after_a_lost_connection_the_rest_is_asked(opened):
    files = files_of({"2": 60, "10": 30})
    with opened(refused={"net::ERR_FAILED"}) as page:
        asked = []

        def once(route):
            asked.append(route.request.url)
            route.continue_() if len(asked) == 1 else route.abort()

        page.route("**/predict*", once)
        choose(page, "#images", *files)
        page.get_by_text("The service cannot be reached").wait_for()
        page.unroute("**/predict*")
        assert state(page, "") == "40 of 90 pictures read, 50 not asked"
        assert len(asked) == 2
        page.get_by_role("button", name="Try again").click()
        state(page, "90 of 90 pictures read")
        assert page.get_by_text("The service cannot be reached").count() == 0
        told = cells(page)
    assert list(told) == [name for name, _ in files]
    assert all(answer.startswith(name.split("-")[0] + " ") for name, answer in told.items())


def test_one_picture_is_asked_again_after_a_lost_connection(opened):
    with opened(refused={"net::ERR_INTERNET_DISCONNECTED"}) as page:
        page.context.set_offline(True)
        choose(page, "#images", *files_of({"2": 1}))
        assert "The service cannot be reached" in page.locator(".answer").inner_text()
        page.context.set_offline(False)
        page.get_by_role("button", name="Try again").click()
        assert page.locator(".answer h2").inner_text() == "2"
