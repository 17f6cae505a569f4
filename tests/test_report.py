"""The report is whole, says what the files say, and no label gets out of its place."""

import base64
import hashlib
import json
import re
import shutil
from html.parser import HTMLParser

import numpy as np
import pytest

from sklimg.errors import DataError
from sklimg.images import read_pages
from sklimg.report import write_report
from sklimg.runfiles import read_run
from tests.reports import EVIL, PLOTS, write_run_files

VOID = ("meta", "img", "br")
NETWORK = re.compile(r"^\s*(https?:|//|ftp:|ws)", re.IGNORECASE)


class Page(HTMLParser):
    """Collects what a page is made of, and whether every tag is closed."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.ids, self.headings = [], [], [], []
        self.texts, self.raw = {}, {}
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append((tag, attrs))
        if "id" in attrs:
            self.ids.append(attrs["id"])
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.setdefault(self.open[-1] if self.open else "", []).append(data)

    def of(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]

    def text(self, tag):
        return " ".join(self.texts.get(tag, ()))


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory):
    return write_run_files(tmp_path_factory.mktemp("reports") / "run")


@pytest.fixture(scope="module")
def text(run_dir):
    return write_report(read_run(run_dir)).read_text()


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


def island(page):
    """Return what the page's script is given."""
    return json.loads(page.texts["script"][0])


def test_the_page_is_whole(page, text):
    assert not page.open
    assert page.of("html") == [{"lang": "en"}]
    assert len(page.ids) == len(set(page.ids))
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    assert all(b - a <= 1 for a, b in zip(page.headings, page.headings[1:], strict=False))
    assert "$" not in text.replace(page.texts["script"][1], "")
    for landmark in ("header", "nav", "main", "footer"):
        assert len(page.of(landmark)) == 1


def test_links_lead_somewhere(page):
    links = {attrs["href"].removeprefix("#") for attrs in page.of("a")}
    assert links <= set(page.ids)
    assert {"weak", "mistakes", "trust", "folds", "learning", "search", "data"} <= links


def test_nothing_comes_from_a_network(page, text):
    for tag, attrs in page.tags:
        for name in ("src", "href", "action", "data", "poster", "srcset", "xlink:href"):
            assert not NETWORK.match(attrs.get(name) or ""), tag
    assert not [tag for tag, _ in page.tags if tag in ("link", "iframe", "object", "embed", "base")]
    assert "@import" not in text
    assert "url(" not in text


def test_its_policy_lets_only_its_own_style_and_script_run(page):
    (policy,) = (a["content"] for a in page.of("meta") if "http-equiv" in a)
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data:"
    for kind, code in (("style", page.texts["style"][0]), ("script", page.texts["script"][1])):
        digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
        assert rules[f"{kind}-src"] == f"'sha256-{digest}'"
    assert not [attrs for _, attrs in page.tags if any(name.startswith("on") for name in attrs)]
    assert not [attrs for _, attrs in page.tags if "style" in attrs]


def test_labels_and_paths_are_text(page, text):
    assert EVIL not in text
    assert "<b>.png" not in text
    assert "<img src=x" not in text
    assert not [attrs for attrs in page.of("img") if not attrs["src"].startswith("data:image/")]
    assert len(page.of("script")) == 2
    assert "&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt; read as" in text
    assert EVIL in island(page)["classes"]
    assert "fits &lt;well&gt;" in text.replace("Fits", "fits")


def test_every_picture_says_what_it_shows(page):
    for attrs in page.of("img"):
        assert len(attrs["alt"]) >= 5
    alts = [a["alt"] for a in page.of("img") if len(a) == 4]
    assert len(alts) == len(PLOTS) - 1  # the surest mistakes are shown as pictures of their own
    numbers = [alt for alt in alts if re.search(r"\d", alt)]
    assert len(numbers) == len(alts)
    assert "Loss while it learned: 2 epochs; training ends at 1.000, validation ends at 1.500." in (
        alts
    )


def test_tables_name_their_rows_and_columns(page):
    n_tables = len(page.of("table"))
    assert n_tables == len(page.of("caption")) >= 7
    assert all(attrs["scope"] in ("row", "col") for attrs in page.of("th"))
    boxes = [a for a in page.of("div") if a.get("class", "").startswith("scroll")]
    assert boxes
    assert all(box["tabindex"] == "0" and box["role"] == "region" for box in boxes)


def test_every_mistake_has_its_pictures(page, run_dir):
    cells = island(page)["cells"]
    buttons = [a["data-cell"] for a in page.of("button")]
    assert set(buttons) == set(cells)
    assert all("disabled" in a for a in page.of("button"))  # until the script runs
    assert sum(cell["n"] for cell in cells.values()) == 15
    for cell in cells.values():
        assert len(cell["images"]) == cell["n"]
        for image in cell["images"]:
            assert image["path"].endswith(" <b>.png")
            assert 0 < image["probability"] <= 1
            kind, content = image["picture"].split(",", 1)
            assert kind == "data:image/png;base64"
    (run_dir / "a.png").write_bytes(base64.b64decode(content))
    (shown,) = read_pages(run_dir / "a.png")
    (run_dir / "a.png").unlink()
    with np.load(run_dir / "pictures.npz") as arrays:
        assert any((shown.reshape(12, 12, -1)[..., 0] == one).all() for one in arrays["pixels"])


def test_the_answer_stands_first_in_words(text):
    words = re.sub(r"<[^>]+>", " ", text.split("</header>")[0]).replace("&nbsp;", " ")
    assert "of 15 test images right" in words
    assert "Of 15 test images that it never saw, the model gets" in words
    assert "with 95 % confidence between" in words
    assert "Always saying the most frequent class is right for 34.0 %" in words
    assert "so this test does not show that the model does better than that" in words
    assert "More images would help." in words


def test_each_section_says_what_the_files_say(text):
    words = re.sub(r"<[^>]+>", " ", text).replace("&nbsp;", " ")
    for part in (
        "3 classes have fewer than 10 test images",
        "off by 12.0 points on average",
        "too sure and softened by a temperature of 1.50; without that, it would be 20.0 points",
        "answers 50.0 % of the test images, and 10.0 % of these answers are wrong",
        "a model of the other 4 of 5 folds, 2 times over",
        "2 candidates went into the search. 1 could not be tried",
        "60 images became 45 training images, 15 test images.",
        "1 file did not become an image: 1 ignored",
        "--augment light --param alpha=0.1 --param dropout=0.0,0.3 --folds 5 --seed 3",
        "ab" * 32,
    ):
        assert part in words, part


def test_a_run_with_the_essential_files_alone_has_a_page(run_dir, tmp_path):
    bare = tmp_path / "bare"
    bare.mkdir()
    for name in ("metrics.json", "data.json", "config.json", "splits.csv", "predictions.csv"):
        shutil.copy(run_dir / name, bare)
    metrics = json.loads((bare / "metrics.json").read_text())
    needed = ("accuracy", "accuracy_interval", "n_test", "n_test_images", "per_class")
    (bare / "metrics.json").write_text(json.dumps({key: metrics[key] for key in needed}))
    page = Page(write_report(read_run(bare)).read_text())
    assert not page.of("figure")
    assert not page.of("img")
    cells = island(page)["cells"]
    assert sum(len(cell["images"]) for cell in cells.values()) == 15
    assert "picture" not in next(iter(cells.values()))["images"][0]
    links = [attrs["href"] for attrs in page.of("a")]
    assert "#trust" not in links
    assert "#search" not in links
    assert "#data" in links


def test_null_is_told_as_not_there(run_dir, tmp_path):
    shutil.copytree(run_dir, tmp_path / "run")
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    metrics |= {"rejection": None, "calibration": None, "verdict": {"fit": None, "data": None}}
    (tmp_path / "run" / "metrics.json").write_text(json.dumps(metrics))
    words = write_report(read_run(tmp_path / "run")).read_text()
    assert "No threshold was set" in words
    assert "were not corrected after training" in words
    assert 'class="verdict"' not in words


@pytest.mark.parametrize("n_classes", [3, 80])
def test_many_classes_stay_a_table(tmp_path, n_classes):
    classes = [f"a long name of class {k}" for k in range(n_classes)]
    run_dir = write_run_files(tmp_path / "run", classes, n_of_class=8, colour=True)
    text = write_report(read_run(run_dir)).read_text()
    page = Page(text)
    assert not page.open
    matrix = text.split('<table id="matrix">')[1].split("</table>")[0]
    assert matrix.count("<tr>") == n_classes + 1
    assert matrix.count('scope="col"') == n_classes + 2
    assert 'class="scroll matrix turned"' in text
    assert ("All 80 classes" in text) == (n_classes == 80)
    assert "data:image/jpeg;base64" in text


def test_pictures_that_were_not_kept_are_counted(run_dir, tmp_path):
    shutil.copytree(run_dir, tmp_path / "run")
    with np.load(run_dir / "pictures.npz") as arrays:
        rows, pixels = arrays["rows"], arrays["pixels"]
    np.savez(tmp_path / "run" / "pictures.npz", rows=rows[:4], pixels=pixels[:4])
    cells = island(Page(write_report(read_run(tmp_path / "run")).read_text()))["cells"]
    assert sum(len(cell["images"]) for cell in cells.values()) == 4


def test_a_page_that_cannot_be_made_leaves_the_old_one(run_dir, tmp_path):
    shutil.copytree(run_dir, tmp_path / "run")
    before = write_report(read_run(tmp_path / "run")).read_bytes()
    (tmp_path / "run" / "splits.csv").unlink()
    with pytest.raises(DataError, match=r"splits\.csv: no such file"):
        write_report(read_run(tmp_path / "run"))
    assert (tmp_path / "run" / "report.html").read_bytes() == before


def test_a_fit_writes_it_under_the_name_of_its_run(bars_run):
    text = (bars_run.path / "report.html").read_text()
    assert f"Run {bars_run.path}, made by sklimg" in text
    assert ".partial" not in text
    assert write_report(read_run(bars_run.path)).read_text() == text
