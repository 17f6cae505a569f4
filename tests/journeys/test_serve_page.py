"""The first page of a service in a browser: read, small, without scripts, by keys, from afar."""

import numpy as np
import pytest

from sklimg.images import encode_image
from sklimg.serve.keeper import open_keeper
from sklimg.serve.pages import PAGE_FILES
from sklimg.serve.service import load_service
from tests.browsers import choose, needs_chromium, new_page, violations
from tests.serving import TOKEN, serving

pytestmark = needs_chromium

MOST_BYTES = 100_000  # of all that the first page needs


@pytest.fixture(scope="module")
def served(bars_run):
    test = {key: bars_run.metrics[key] for key in ("accuracy", "accuracy_interval", "n_test")}
    with serving(bars_run.model, test=test) as served:
        yield served


@pytest.fixture
def opened(browser, served):
    """A way to open a page of the service: opened("/docs", color_scheme="dark")."""
    base = f"http://127.0.0.1:{served.port}"
    return lambda path="/", **how: new_page(browser, base + path, **how)


@pytest.fixture
def flat(tmp_path):
    """Two pictures, dark.png and light.png, and broken.png that is none."""
    for name, level in (("dark", 0), ("light", 255)):
        (tmp_path / f"{name}.png").write_bytes(encode_image(np.full((8, 8), level, np.uint8)))
    (tmp_path / "broken.png").write_bytes(b"<b>no picture")
    return tmp_path


def test_what_can_be_asked_stands_in_nobodys_way(opened):
    with opened("/docs") as page:
        for width, scheme in ((320, "dark"), (1200, "light")):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            assert violations(page) == ""
            assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_first_paint_is_small(opened, record_property):
    with opened() as page:
        sizes = {}
        page.on("response", lambda each: sizes.setdefault(each.url, each))
        page.reload()
        page.wait_for_load_state("networkidle")
        files = {
            url: len(answer.body())
            for url, answer in sizes.items()
            if answer.request.resource_type in ("document", "stylesheet", "script")
        }
    names = {url.rpartition("/page/")[2] for url in files if "/page/" in url}
    assert {"style.css", "main.js", "ask.js", "pen.js"} <= names < set(PAGE_FILES)
    record_property("first_paint_bytes", sum(files.values()))
    assert sum(files.values()) <= MOST_BYTES


def test_it_tells_of_the_model(opened, bars_run):
    with opened() as page:
        page.locator("#lead", has_text="which of 3 classes it is").wait_for()
        page.get_by_role("link", name="More").click()
        assert page.locator("#told-classes li").all_inner_texts() == list(bars_run.model.classes)
        assert bars_run.model.id in page.locator("#told-model").inner_text()


def test_a_service_that_keeps_nothing_says_so(opened):
    with opened("/#data", refused={409}) as page:
        page.locator("#data-lead", has_text="this service keeps nothing").wait_for()
        assert not page.locator("#upload").is_visible()
        page.get_by_role("link", name="Training").click()
        page.locator("#train-lead", has_text="it cannot be trained").wait_for()
        assert not page.locator("#retrain").is_visible()
        assert page.locator(".models tbody tr").count() == 1


def test_without_scripts_the_form_is_answered_by_a_page(opened, flat, bars_run):
    with opened(java_script_enabled=False) as page:
        assert not page.locator("#views, .pen, #data, #token >> visible=true").count()
        page.get_by_label("Choose pictures").set_input_files(
            [flat / "dark.png", flat / "light.png"]
        )
        page.get_by_role("button", name="Ask").press("Enter")
        page.wait_for_url("**/predict")
        assert page.locator("h1").inner_text() == "What 2 pictures show"
        rows = page.locator("tbody tr")
        for row, name in zip(rows.all(), ("dark.png", "light.png"), strict=True):
            _, label, share, told = row.locator("td").all_inner_texts()
            assert told == name
            assert label.removeprefix("unknown; most likely ") in bars_run.model.classes
            assert 0 < float(share) <= 1
            address = row.locator("img.seen").get_attribute("src")
            assert address.startswith("data:image/png;base64,")
            assert row.locator("img.seen").bounding_box()["width"] > 30
        page.get_by_role("link", name="Ask again").click()
        page.locator("#ask-title").wait_for()


def test_without_scripts_a_refusal_is_a_page(opened, flat):
    with opened(java_script_enabled=False, refused={422}) as page:
        page.get_by_label("Choose pictures").set_input_files([flat / "broken.png"])
        page.get_by_role("button", name="Ask").click()
        page.wait_for_url("**/predict")
        assert page.locator("h1").inner_text() == "No answer"
        assert "expected PNG, JPEG, GIF, BMP, WebP or TIFF" in page.locator("main").inner_text()
        assert page.get_by_role("link", name="Ask again").is_visible()


def reached(page):
    """Return what the tab key has reached, and whether the focus can be seen."""
    return page.evaluate(
        """() => {
        const at = document.activeElement, seen = at.matches("input.unseen, input.unseen *") ?
          at.previousElementSibling : at;
        const { outlineStyle, outlineWidth } = getComputedStyle(seen);
        return [at.id || at.textContent.trim(), outlineStyle === "solid" && outlineWidth === "3px"];
        }"""
    )


def test_keys_reach_everything_in_order(opened):
    with opened() as page:
        expected = ["To the page", "▦ sklimg", "Ask", "Pictures", "Training", "More"]
        expected += ["token", "images", "pad", "chalk"]
        for name in expected:
            page.keyboard.press("Tab")
            assert reached(page) == [name, True]
        page.locator(".skip").focus()
        assert page.locator(".skip").bounding_box()["x"] >= 0


def test_views_are_switched_with_keys(opened):
    with opened(refused={409}) as page:
        for name, title in (("More", "more"), ("Training", "train"), ("Pictures", "data")):
            page.get_by_role("link", name=name, exact=True).press("Enter")
            page.locator(f"#{title}-title:focus").wait_for()
            assert page.locator("section.view >> visible=true").count() == 1
            assert page.locator("#views [aria-current=page]").inner_text() == name
            assert page.locator(f"#{title} h1").is_visible()
            page.locator(".skip").press("Enter")  # leads to what is shown, not elsewhere
            assert page.evaluate("document.activeElement.id") == f"{title}-title"
            assert page.locator(f"#{title}").is_visible()
        page.go_back()
        page.locator("#train-title:focus").wait_for()


def test_an_old_token_keeps_nobody_from_asking(opened):
    """The service has another one now, and on this machine questions need none."""
    with opened(refused={401}) as page:
        page.evaluate("sessionStorage.setItem('sklimg-token', 'an-old-one')")
        page.reload()
        page.get_by_role("button", name="Token", exact=True).wait_for()
        page.locator("#lead", has_text="which of 3 classes it is").wait_for()
        assert not page.locator("#token-dialog").is_visible()
        assert page.evaluate("sessionStorage.length") == 0


def test_from_afar_nothing_is_shown_without_the_token(browser, bars_run, flat):
    model = bars_run.model
    with serving(model, is_local=False) as served:
        url = f"http://127.0.0.1:{served.port}/"
        page = served.ask("GET", "/").body.decode()
        assert model.id not in page
        assert not any(f"<li>{label}</li>" in page for label in model.classes)
        with new_page(browser, url, refused={401}) as page:
            page.locator("#token-dialog").get_by_text("This needs the token").wait_for()
            page.keyboard.press("Escape")
            page.locator("#lead", has_text="This needs the token of the service.").wait_for()
            page.get_by_role("button", name="Token").click()
            page.fill("#token-field", TOKEN)
            page.keyboard.press("Enter")
            page.locator("#lead", has_text="which of 3 classes it is").wait_for()
            choose(page, "#images", flat / "light.png")
            assert page.locator(".answer h2").inner_text()
            assert page.locator(".answer .seen img").count() == 1
            page.get_by_role("link", name="More").click()
            assert not page.get_by_role("link", name="What can be asked").is_visible()
            page.get_by_role("button", name="Token ✓").click()
            page.get_by_role("button", name="Forget it").click()
            assert page.evaluate("sessionStorage.length") == 0


def test_from_afar_reports_are_saved(browser, run_with_table, tmp_path):
    """A link could not show the token."""
    (tmp_path / "data").mkdir()
    told = load_service(run_with_table)
    keeper, model, test = open_keeper(tmp_path / "data", run_with_table, *told, lambda text: None)
    try:
        with serving(model, is_local=False, test=test, keeper=keeper) as served:
            url = f"http://127.0.0.1:{served.port}/#train"
            with new_page(browser, url, refused={401}) as page:
                page.fill("#token-field", TOKEN)
                page.keyboard.press("Enter")
                page.get_by_text("No picture is new since the model was trained.").wait_for()
                with page.expect_download() as download:
                    page.get_by_role("button", name="Save the report").click()
                assert download.value.suggested_filename == f"report-{model.id}.html"
                assert "test images right" in download.value.path().read_text(encoding="utf-8")
                page.get_by_role("link", name="Pictures").click()
                page.get_by_role("button", name="10", exact=True).click()
                page.locator(".mosaic img").first.wait_for()
    finally:
        keeper.close()


def test_without_scripts_the_form_is_not_shown_where_it_would_be_refused(browser, bars_run):
    with serving(bars_run.model, is_local=False) as remote:
        url = f"http://127.0.0.1:{remote.port}/"
        with new_page(browser, url, java_script_enabled=False) as page:
            assert page.locator(".closed").is_visible()
            assert not page.locator("#ask-form").is_visible()
            assert "needs the token" in page.locator(".closed").inner_text()
