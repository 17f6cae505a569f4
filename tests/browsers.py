"""A real browser, in which a page may complain of nothing and ask nobody else."""

import re
import shutil
from contextlib import contextmanager
from functools import cache
from urllib.parse import urlsplit

import pytest

from sklimg.images import encode_image
from tests.builders import noise

CHROMIUM = shutil.which("chromium")
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SIZE = {"width": 1200, "height": 900}
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no chromium is on the path")
_REFUSED = re.compile(
    r"Failed to load resource: (?:the server responded with a status of (\d+)|(net::\w+))"
)


@contextmanager
def open_browser(playwright):
    """Start a browser for the pages of many tests."""
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
    try:
        yield browser
    finally:
        browser.close()


@contextmanager
def new_page(browser, url, refused=(), **how):
    """Open a page in a browser, which keeps nothing of it; watched as `open_page` does."""
    context = browser.new_context(**{"viewport": SIZE, **how})
    try:
        with _watched(context, url, refused):
            page = context.new_page()
            page.goto(url)
            yield page
    finally:
        context.close()


@contextmanager
def open_page(playwright, user_dir, url, refused=(), **how):
    """Open a page; when the block ends, it has complained of nothing and asked nobody else.

    The browser itself complains of answers that refuse: *refused* names those that a test
    provokes, statuses or errors of the network, each of which has to come.
    """
    how = {"viewport": SIZE, **how}
    context = playwright.chromium.launch_persistent_context(
        user_dir, executable_path=CHROMIUM, args=ARGUMENTS, **how
    )
    try:
        with _watched(context, url, refused):
            page = context.pages[0]
            page.goto(url)
            yield page
    finally:
        context.close()


def picked(name, content):
    """Return a file to choose, of any name."""
    return {"name": name, "mimeType": "image/png", "buffer": content}


def choose(page, field, *files):
    """Choose files, each a path, a name with its content, or what `picked` returns."""
    told = [picked(*file) if isinstance(file, tuple) else file for file in files]
    page.set_input_files(field, told)


def some_pictures(n, seed=0):
    """Return [(name, content)] of different pictures of noise."""
    pixels = noise(n, (8, 8), seed)
    return [(f"{seed}-{i}.png", encode_image(each)) for i, each in enumerate(pixels)]


def give_token(page, token):
    """Show the token before it is asked for."""
    page.get_by_role("button", name="Token").click()
    page.fill("#token-field", token)
    page.keyboard.press("Enter")
    page.wait_for_selector("#token-dialog", state="hidden")


def violations(page):
    """Return what axe finds, as a text; an empty one for nothing."""
    found = _axe().run(page)
    return found.generate_report() if found.violations_count else ""


@contextmanager
def _watched(context, url, refused):
    """Watch all pages of a context, and fail where one complains or asks others."""
    complaints, seen = [], set()

    def told(message):
        found = _REFUSED.match(message.text)
        if found:
            seen.add(int(found[1]) if found[1] else found[2])
        else:
            complaints.append(message.text)

    def asked(dialog):
        complaints.append(dialog.message)
        dialog.dismiss()

    context.on("console", told)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.on("dialog", asked)
    context.on("request", lambda request: complaints.extend(_outside(request.url, url)))
    yield
    assert complaints == [], complaints
    assert seen == set(refused), seen


def _outside(url, own):
    """Return the address of a request that leaves the page's own place."""
    place = urlsplit(url.removeprefix("blob:"))[:2]
    is_own = url.startswith(("file:", "data:")) or place == urlsplit(own)[:2]
    return [] if is_own else [url]


@cache
def _axe():
    return pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
