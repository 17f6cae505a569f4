"""The page of a check holds what was found, and nothing that a name smuggles in."""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from sklimg.checkpage import write_check
from sklimg.errors import UsageError
from sklimg.images import read_pages
from sklimg.inspection import check
from sklimg.records import read_records
from sklimg.table import Table
from tests.builders import noise, write_images

EVIL = "<script>alert('1')</script>&\"$title"
VOID = ("meta", "img", "br")


class Page(HTMLParser):
    """Collects pictures, places and links, and whether every tag is closed."""

    def __init__(self, text):
        super().__init__()
        self.open, self.images, self.ids, self.links, self.tags = [], [], set(), set(), []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append(tag)
        self.ids |= {attrs["id"]} if "id" in attrs else set()
        self.links |= {attrs["href"]} if "href" in attrs else set()
        if tag == "img":
            self.images.append((attrs["src"], attrs["alt"]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture
def out(tmp_path):
    """The page of a folder with a class of an evil name, a copy, a blank, a broken file."""
    images = dict(zip(("a/1.png", "a/2.png", "b/1.png"), noise(3, (40, 40)), strict=True))
    images[f"{EVIL.replace('/', '|')}/x.png"] = images["a/1.png"]
    images["b/blank.png"] = np.zeros((40, 40), np.uint8)
    write_images(tmp_path / "<i>data", images)
    (tmp_path / "<i>data" / "b" / "<b>.png").write_bytes(b"x")
    write_check(check(tmp_path / "<i>data"), tmp_path / "out")
    return tmp_path / "out"


def test_the_page_is_whole_and_names_are_text(out):
    text = (out / "index.html").read_text()
    page = Page(text)
    assert not page.open
    assert "script" not in page.tags
    assert "b" in page.tags
    assert "&lt;script&gt;" in text
    assert "<title>Check of " in text
    assert "<i>data" not in text
    assert "&lt;i&gt;data</title>" in text
    assert "&lt;b&gt;.png" in text
    assert "$" not in text.replace("$title", "")
    assert not re.search(r"https?://", text)
    assert {link.removeprefix("#") for link in page.links} <= page.ids


def test_its_pictures_are_there_and_described(out):
    images = Page((out / "index.html").read_text()).images
    assert len(images) >= 8
    for source, text in images:
        assert next(read_pages(out / source)).size
        assert text


def test_the_tables_beside_it(out):
    copies = read_records(out / "copies.csv", ("row", "path", "label", "group"))
    assert sorted(copies["path"]) == ["<script>alert('1')<|script>&\"$title/x.png", "a/1.png"]
    assert len(set(copies["group"])) == 1
    assert read_records(out / "looks.csv")["look"] == ["empty"]
    assert read_records(out / "rejects.csv")["path"] == ["b/<b>.png"]
    report = json.loads((out / "check.json").read_text())
    assert report["problems"]["label"] == 1


def test_a_clean_table_has_a_page_too(bars_table, tmp_path):
    write_check(check(bars_table), tmp_path / "out")
    text = (tmp_path / "out" / "index.html").read_text()
    assert "None is dark, blurry or empty." in text
    assert "None: every file became an image." in text
    with pytest.raises(UsageError, match="new or empty folder"):
        write_check(check(bars_table), tmp_path / "out")


def test_more_than_a_page_bears_is_counted(tmp_path):
    rows = np.stack([image.ravel() for image in noise(130, (8, 8))])
    labels = [str(k) for k in range(130)]
    table = Table(np.vstack([rows, rows[:60]]), [*labels, *labels[:60]])
    write_check(check(table), tmp_path / "out")
    text = (tmp_path / "out" / "index.html").read_text()
    assert "and 30 more classes" in text
    assert "and 20 more groups" in text
