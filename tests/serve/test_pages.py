"""The pages: what they say, and that nothing of a model becomes more than text."""

import re
from html.parser import HTMLParser
from importlib.resources import files

import numpy as np
import pytest

from sklimg.images import encode_image
from sklimg.markup import html_text
from sklimg.serve.pages import page_file, start_page
from tests.reports import EVIL
from tests.serving import FORM, form

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


HTML = {**FORM, "Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def test_a_browser_without_a_script_is_answered_by_a_page(served):
    name = b"<b>&.png"
    image = encode_image(np.full((8, 8), 9, np.uint8))
    answer = served.ask("POST", "/predict", form(image, names=[name]), HTML)
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page = answer.body.decode()
    told = served.images(image).json["predictions"][0]
    assert '<td class="name">&lt;b&gt;&amp;.png</td>' in page
    assert f"{told['probability']:.3f}" in page
    assert html_text(told["label"]) in page
    assert 'src="data:image/png;base64,' in page
    assert set(Seen(page).tags) & {"b", "script"} <= {"b"}


def test_its_refusals_are_pages_too(served):
    answer = served.ask("POST", "/predict", form(b"<script>"), HTML)
    assert answer.status == 422
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert b"expected PNG, JPEG" in answer.body


def test_what_stands_before_answers_its_form_by_a_page_too(served, remote):
    for asked, body, status in ((remote, b"x", 401), (served, b"x" * 10_000_001, 413)):
        answer = asked.ask("POST", "/predict", body, HTML)
        assert answer.status == status
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert b"<h1>No answer</h1>" in answer.body


@pytest.mark.parametrize("accept", [None, "*/*", "application/json", "image/png, */*"])
def test_everybody_else_gets_json(served, accept):
    headers = FORM if accept is None else {**FORM, "Accept": accept}
    answer = served.ask("POST", "/predict", form(encode_image(np.zeros((8, 8), np.uint8))), headers)
    assert answer.headers["content-type"] == "application/json"


def test_vectors_are_answered_in_json_whatever_is_taken(served, bars_run):
    row = [0] * bars_run.model.spec.n_pixels
    answer = served.vectors([row], Accept="text/html")
    assert answer.headers["content-type"] == "application/json"


def test_the_files_of_the_page(served):
    page = served.ask("GET", "/").body.decode()
    for name in re.findall(r'"/page/([^"]+)"', page):
        assert page_file(name)
    scripts = set((files("sklimg") / "templates" / "page").iterdir())
    assert {path.name for path in scripts} - {"page.css"} == {
        path.name for path in scripts if page_file(path.name)
    }
    for path in scripts:
        for name in re.findall(r'(?:from |import\()"\./([^"]+)"', path.read_text()):
            assert page_file(name), (path.name, name)
    style = served.ask("GET", "/page/style.css")
    assert style.headers["content-type"].startswith("text/css")
    script = served.ask("GET", "/page/main.js")
    assert script.headers["content-type"].startswith("text/javascript")
    for name in ("", "page.css", "../serve.html", "..%2fserve.html", "main.js%00"):
        assert served.ask("GET", f"/page/{name}").status == 404, name


def test_nothing_in_the_scripts_reads_markup_or_leads_elsewhere():
    for path in (files("sklimg") / "templates" / "page").iterdir():
        text = path.read_text().replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(", text)
        assert "localStorage" not in text
        assert "://" not in text


def test_whoever_has_no_token_learns_nothing_of_the_model(remote, bars_run):
    for headers in ({}, remote.bearer):
        page = remote.ask("GET", "/", headers=headers).body.decode()
        assert bars_run.model.id not in page
        assert "<li>10</li>" not in page
    assert bars_run.model.id in remote.ask("GET", "/model", headers=remote.bearer).body.decode()
