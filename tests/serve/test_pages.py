"""The pages: what they say, and that nothing of a model becomes more than text."""

import re
from html.parser import HTMLParser

import pytest

from sklimg.serve.pages import start_page
from tests.reports import EVIL

FACTS = {
    "id": "0123456789ab",
    "words": "It says which of 2 classes it is: it knew 95.0 %.",
    "n_pixels": 784,
    "image": {"side": 28, "mode": "L"},
    "test": {"accuracy": 0.95, "accuracy_interval": [0.9, 0.975], "n_test": 120},
}


class Seen(HTMLParser):
    """Tags that are open, and all links and ids."""

    def __init__(self, page):
        super().__init__()
        self.links, self.ids, self.tags = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        self.tags.append(tag)
        self.links += [told[key] for key in ("href", "src", "action") if key in told]
        self.ids += [told["id"]] if "id" in told else []


def test_the_start_page_tells_of_the_model():
    page = start_page(FACTS, ["cat", "dog"], "http://localhost:8000/")
    assert "which of 2 classes it is: it knew 95.0&nbsp;%." in page
    assert "<li>cat</li><li>dog</li>" in page
    assert "28×28 pixels, grey" in page
    assert "curl -F images=@picture.png http://localhost:8000/predict" in page
    assert "784 numbers" in page


def test_where_others_can_ask_nothing_is_told_of_the_model():
    page = start_page(None, (), "http://service.example/")
    assert "classes it is" not in page
    assert "0123456789ab" not in page
    assert 'data-open="no"' in page
    assert 'data-open="yes"' in start_page(FACTS, ["cat"], "http://localhost/")


def test_hostile_labels_are_text():
    page = start_page(FACTS, [EVIL, "x"], "http://localhost/")
    assert EVIL not in page
    assert Seen(page).tags.count("script") == 1  # our own


def test_very_many_classes_are_cut_short():
    page = start_page(FACTS, [f"c{i}" for i in range(500)], "http://localhost/")
    assert page.count("<li>c") == 200
    assert "<li>and 300 more</li>" in page


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_pages_lead_to_pages_that_are_there(served, path):
    answer = served.ask("GET", path)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    seen = Seen(answer.body.decode())
    assert len(seen.ids) == len(set(seen.ids))
    assert seen.tags.count("script") == (path == "/")
    for link in seen.links:
        if link.startswith("#"):
            assert link[1:] in seen.ids
        elif link not in ("data:,", "/predict"):
            assert served.ask("GET", link).status == 200, link


def test_the_page_of_what_can_be_asked_is_the_description(served):
    page = served.ask("GET", "/docs").body.decode()
    told = served.ask("GET", "/openapi.json").json
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            assert f"<code>{method.upper()} {path}</code>" in page
            assert operation["summary"] in page
    for name in told["components"]["schemas"]:
        assert f'<h3 id="{name}">' in page
    text = re.sub(r"<[^>]+>", " ", page)
    assert re.search(r"vectors\s+1 to 1000 × 64 × integer 0 to 255", text)
    assert re.search(r"images\s+Image files: .*TIFF\.\s+1 to 100 × file", text)
    assert re.search(r"predictions\s+list of\s+Prediction", text)
    assert re.search(r"accuracy_interval\s+95&nbsp;%, lowest and highest\.\s+list of number", text)
    assert re.search(r"top\s+Classes that are named\.\s+integer from 1, 3 if not given", text)
