"""The report in a browser: it asks nobody for anything, and hands and keys can use it."""

import pytest

from sklimg.report import write_report
from sklimg.runfiles import read_run
from tests.browsers import needs_chromium, open_page, violations
from tests.reports import EVIL, write_run_files

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The report of a small run with a hostile class."""
    return write_report(read_run(write_run_files(tmp_path_factory.mktemp("page") / "run")))


@pytest.fixture(scope="module")
def large_report(tmp_path_factory):
    """The report of a run of 80 classes in colour."""
    classes = [f"class number {k}" for k in range(80)]
    place = tmp_path_factory.mktemp("page") / "run"
    return write_report(read_run(write_run_files(place, classes, n_of_class=12, colour=True)))


@pytest.fixture
def opened(playwright, tmp_path):
    """A way to open a page: opened(path, scheme="dark") gives it and what it complained of."""

    return lambda path, **how: open_page(playwright, tmp_path / "user", path.as_uri(), **how)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1200])
def test_nothing_stands_in_anybodys_way(opened, report, scheme, width):
    size = {"width": width, "height": 900}
    with opened(report, color_scheme=scheme, viewport=size) as page:
        page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
        assert violations(page) == ""
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_80_classes_stand_in_nobodys_way_either(opened, large_report, scheme):
    with opened(large_report, color_scheme=scheme) as page:
        assert violations(page) == ""
        chosen = page.locator('#matrix button[aria-pressed="true"]').bounding_box()
        box = page.locator(".matrix").bounding_box()
        assert box["x"] < chosen["x"] < box["x"] + box["width"]
        assert box["y"] < chosen["y"] < box["y"] + box["height"]
        page.eval_on_selector(".matrix", "box => box.scrollTo(900, 900)")
        corner = page.locator(".corner").bounding_box()
        assert abs(corner["x"] - box["x"]) < 2
        assert abs(corner["y"] - box["y"]) < 2
        first = page.locator(".matrix tbody th").nth(40).bounding_box()
        assert abs(first["x"] - box["x"]) < 2


def test_the_most_frequent_mistake_is_shown_at_once(opened, report):
    with opened(report) as page:
        chosen = page.locator('#matrix button[aria-pressed="true"]')
        assert chosen.count() == 1
        assert "miss" in chosen.locator("..").get_attribute("class")
        assert page.locator("#shown li").count() == int(chosen.inner_text())


def test_a_click_shows_the_images_of_a_cell(opened, report):
    with opened(report) as page:
        for button in page.locator("#matrix button").all():
            button.click()
            assert button.get_attribute("aria-pressed") == "true"
            assert page.locator("#shown li img").count() == int(button.inner_text())
            name = button.get_attribute("aria-label").split(" read as ")[0]
            assert page.locator("#shown h3").inner_text().startswith(name)
            assert name in page.locator("#shown li img").first.get_attribute("alt")
            loaded = "image => image.complete && image.naturalWidth === 12"
            assert page.locator("#shown li img").first.evaluate(loaded)
            assert page.locator("#shown li span").first.inner_text().endswith(" <b>.png")


def test_a_hostile_class_is_shown_as_its_name(opened, report):
    with opened(report) as page:
        page.locator(f'#matrix button[aria-label^="{EVIL}"]').first.click()
        assert EVIL in page.locator("#shown h3").inner_text()
        assert page.locator('img[src="x"]').count() == 0


def test_keys_go_from_cell_to_cell(opened, report):
    with opened(report) as page:
        buttons = page.locator("#matrix button")
        reached = page.locator('#matrix button[tabindex="0"]')
        assert reached.count() == 1  # one stop of the tab key, whatever the classes
        reached.focus()
        names = set()
        for key in ["ArrowLeft"] * 3 + ["ArrowUp"] * 3 + ["ArrowRight", "ArrowDown"] * 3:
            page.keyboard.press(key)
            names.add(page.evaluate("document.activeElement.dataset.cell"))
        assert len(names) > 2
        before = page.locator("#shown h3").inner_text()
        page.keyboard.press("Enter")
        chosen = page.evaluate("document.activeElement.getAttribute('aria-label')")
        assert page.locator("#shown h3").inner_text().startswith(chosen.split(" read as ")[0])
        page.keyboard.press("ArrowUp")
        page.keyboard.press("Space")
        assert page.locator("#shown h3").inner_text() != before or buttons.count() == 1


def test_focus_can_be_seen(opened, report):
    with opened(report) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the report"
        width = "getComputedStyle(document.activeElement).outlineWidth"
        assert page.evaluate(width) == "3px"


def test_without_scripts_the_tables_and_figures_are_there(opened, report):
    with opened(report, java_script_enabled=False) as page:
        assert page.locator("figure img").count() == 12
        assert page.locator("#matrix td.hit, #matrix td.miss").count() >= 3
        assert page.locator("#matrix button:enabled").count() == 0
        assert page.locator("#hint").is_hidden()
        assert "predictions.csv" in page.locator("#shown").inner_text()


def test_on_paper_it_is_light_and_nothing_is_cut_off(opened, large_report):
    with opened(large_report, color_scheme="dark") as page:
        page.emulate_media(media="print")
        paper = "getComputedStyle(document.querySelector('nav')).display"
        assert page.evaluate(paper) == "none"
        box = page.locator(".matrix")
        assert box.evaluate("box => getComputedStyle(box).overflow") == "visible"
        ink = page.evaluate("getComputedStyle(document.body).color")
        assert ink == "rgb(29, 31, 35)"
