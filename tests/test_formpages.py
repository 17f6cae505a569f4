"""The page says what it must, in texts and shapes; its files are the same each time."""

from io import BytesIO

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from PIL import Image

from sklimg.formpages import draw_form, form_pdf, form_png
from sklimg.forms import SIZES, plan_forms


def texts(form, paper="a4"):
    return [text.get_text() for text in draw_form(form, paper).axes[0].texts]


def test_each_row_has_its_label_and_the_page_its_number():
    forms = plan_forms(["7", "NA"], 200, "a4")
    assert len(forms) == 2
    for form in forms:
        seen = texts(form)
        assert f"page {form.page} of 2" in seen
        assert "Write one symbol in each box, with a dark pen." in seen
        labels = [text for text in seen if text in ("7", "NA")]
        assert len(labels) == form.rows


def test_only_boxes_that_are_used_are_ruled():
    (form,) = plan_forms(["a"], 13, "a4")  # 7 boxes and 6
    (rules,) = (
        c for c in draw_form(form, "a4").axes[0].collections if isinstance(c, LineCollection)
    )
    assert len(rules.get_segments()) == 7 + 7 + 6 + 8 + 7
    assert 0.7 < rules.get_color()[0][0] < 0.8


@pytest.mark.parametrize("label", ["$x_1$", "%", r"\$", "$", "中文", "ü😀", "a\tb", " ", "~" * 60])
def test_any_label_is_drawn_without_a_warning(label, caplog):
    (form,) = plan_forms([label], 3, "letter")
    assert form_png(form, "letter", 40)
    assert form_pdf([form], "letter")
    assert not caplog.records


def test_a_label_is_no_mathematics():
    (form,) = plan_forms(["$x$"], 3, "a4")
    (text,) = (t for t in draw_form(form, "a4").axes[0].texts if t.get_text() == "$x$")
    assert not text.get_parse_math()


def test_long_labels_stay_on_the_paper_and_are_cut_with_a_sign():
    labels = ["one of two", "W" * 40, "many words " * 9 + "end"]
    (form,) = plan_forms(labels, 12, "a4")
    figure = draw_form(form, "a4")
    figure.draw_without_rendering()
    for text in figure.axes[0].texts:
        left = text.get_window_extent().x0 / figure.dpi * 25.4
        assert left > 8
    seen = texts(form)
    assert "one of\ntwo" in seen
    assert sum(text.endswith("…") for text in seen) == 2


def test_spaces_alone_are_shown_as_signs():
    (form,) = plan_forms(["  "], 1, "a4")
    assert "␣␣" in texts(form)


@pytest.mark.parametrize("paper", sorted(SIZES))
def test_a_png_has_the_size_of_the_paper_and_is_grey(paper):
    (form,) = plan_forms(["a"], 3, paper)
    with Image.open(BytesIO(form_png(form, paper, 100))) as image:
        np.testing.assert_allclose(image.size[::-1], np.array(SIZES[paper]) / 0.254, atol=1)
        red, *others = np.moveaxis(np.asarray(image.convert("RGB")), -1, 0)
    for other in others:
        np.testing.assert_array_equal(red, other)


def test_a_pdf_has_its_pages_and_no_date():
    forms = plan_forms(list("abc"), 99, "a4")
    pdf = form_pdf(forms, "a4")
    assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") == len(forms) > 1
    assert b"Date" not in pdf
    assert pdf == form_pdf(forms, "a4")
    assert form_png(forms[0], "a4", 40) == form_png(forms[0], "a4", 40)
