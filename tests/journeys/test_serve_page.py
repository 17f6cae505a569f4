"""The pages of a service in a browser: read, and asked with pictures."""

import json
import urllib.request

import numpy as np
import pytest

from sklimg.images import encode_image
from tests.browsers import needs_chromium, open_page, violations
from tests.serving import serving

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def served(bars_run):
    test = {key: bars_run.metrics[key] for key in ("accuracy", "accuracy_interval", "n_test")}
    with serving(bars_run.model, test=test) as served:
        yield served


@pytest.fixture
def opened(playwright, served, tmp_path):
    """A way to open a page of the service: opened("/docs", color_scheme="dark")."""
    base = f"http://127.0.0.1:{served.port}"
    return lambda path, **how: open_page(playwright, tmp_path / "user", base + path, **how)


@pytest.mark.parametrize("path", ["/", "/docs"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1200])
def test_pages_stand_in_nobodys_way(opened, path, scheme, width):
    with opened(path, color_scheme=scheme, viewport={"width": width, "height": 900}) as page:
        assert violations(page) == ""
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_pictures_are_asked_by_the_form(opened, bars_run, tmp_path):
    """With the keyboard, and without any script."""
    for name, level in (("dark", 0), ("light", 255)):
        flat = np.full(bars_run.model.spec.shape, level, np.uint8)
        (tmp_path / f"{name}.png").write_bytes(encode_image(flat))
    with opened("/", java_script_enabled=False) as page:
        files = [tmp_path / "dark.png", tmp_path / "light.png"]
        page.get_by_label("Pictures").set_input_files(files)
        page.get_by_role("button", name="Ask").press("Enter")
        page.wait_for_url("**/predict")
        told = json.loads(page.locator("body").inner_text())
    assert told["model"] == bars_run.model.id
    assert len(told["predictions"]) == 2


def test_the_first_page_is_small(served):
    with urllib.request.urlopen(f"http://127.0.0.1:{served.port}/") as answer:
        assert len(answer.read()) < 20_000
