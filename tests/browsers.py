"""A real browser, in which a page may complain of nothing and ask nobody else."""

import shutil
from contextlib import contextmanager
from functools import cache
from urllib.parse import urlsplit

import pytest

CHROMIUM = shutil.which("chromium")
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no chromium is on the path")


@contextmanager
def open_page(playwright, user_dir, url, **how):
    """Open a page; when the block ends, it has complained of nothing and asked nobody else."""
    how.setdefault("viewport", {"width": 1200, "height": 900})
    context = playwright.chromium.launch_persistent_context(
        user_dir, executable_path=CHROMIUM, args=ARGUMENTS, **how
    )
    complaints = []
    page = context.pages[0]
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.on("request", lambda request: complaints.extend(_outside(request.url, url)))
    page.goto(url)
    yield page
    context.close()
    assert complaints == [], complaints


def violations(page):
    """Return what axe finds, as a text; an empty one for nothing."""
    found = _axe().run(page)
    return found.generate_report() if found.violations_count else ""


def _outside(url, own):
    """Return the address of a request that leaves the page's own place."""
    is_own = url.startswith(("file:", "data:")) or urlsplit(url)[:2] == urlsplit(own)[:2]
    return [] if is_own else [url]


@cache
def _axe():
    return pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
