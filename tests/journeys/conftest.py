"""A browser, and a service whose pages it opens, for the journeys through them."""

import pytest

from tests.browsers import new_page, open_browser
from tests.serving import keeping


@pytest.fixture(scope="module")
def browser(playwright):
    with open_browser(playwright) as browser:
        yield browser


@pytest.fixture(scope="module")
def service(run_with_table, tmp_path_factory):
    with keeping(run_with_table, tmp_path_factory.mktemp("page") / "data") as served:
        yield served


@pytest.fixture
def served(service):
    """The service of a module, in which nothing stays uploaded."""
    yield service
    while listed := service.ask("GET", "/pictures").json["pictures"]:
        for each in listed:
            service.ask("DELETE", f"/data/{each['id']}", headers=service.bearer)


@pytest.fixture
def opened(browser, served):
    """A way to open a part of the page: opened("#train")."""

    def opened(view="", **how):
        return new_page(browser, f"http://127.0.0.1:{served.port}/{view}", **how)

    return opened
