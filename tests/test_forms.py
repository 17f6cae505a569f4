"""A form that was filled and photographed says which box has which label."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import map_coordinates

from sklimg.codes import code_rows, encode_code
from sklimg.errors import UsageError
from sklimg.forms import Form, form_payload, plan_forms, read_form
from sklimg.frames import CODE_COLUMNS, CODE_PITCH
from sklimg.payloads import pack_page
from tests.paper import misplaced, photograph_form, print_form, random_form

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


@pytest.mark.parametrize("seed", range(4))  # one each way up; 200 in the long proof
def test_a_photo_of_a_form_is_read_whichever_way_up(seed):
    rng = np.random.default_rng([seed, 1])
    form, paper = random_form(rng)
    photo, truth = photograph_form(form, paper, rng, seed % 4, int(rng.integers(1000, 1800)))
    read, nodes = read_form(photo)
    assert read == form
    assert nodes.shape == (form.rows + 1, form.columns + 1, 2)
    assert misplaced(nodes, truth) < 0.08


@pytest.mark.parametrize("corner", range(4))
def test_a_corner_may_be_covered(corner):
    rng = np.random.default_rng([corner, 2])
    (form,) = plan_forms(list("abcdefgh"), 11, "a4")
    photo, truth = photograph_form(form, "a4", rng, corner, 1200, cover=corner)
    read, nodes = read_form(photo)
    assert read == form
    assert misplaced(nodes, truth) < 0.08


@pytest.mark.parametrize("bow", [-3, 3])
def test_paper_need_not_lie_flat(bow):
    (form,) = plan_forms(list("abcdefgh"), 12, "a4")
    page, truth = print_form(form, "a4")
    bent = bow / 25.4 * 150 * np.sin(np.pi * np.arange(page.shape[1]) / page.shape[1])
    y, x = np.mgrid[: page.shape[0], : page.shape[1]].astype(float)
    photo = map_coordinates(page, [y - bent, x], order=1, mode="nearest")
    truth[..., 0] += np.interp(truth[..., 1], np.arange(len(bent)), bent)
    read, nodes = read_form(photo)
    assert read == form
    assert misplaced(nodes, truth) < 0.08


def test_marks_that_were_drawn_by_hand_do_not_mislead():
    (form,) = plan_forms(["◉"], 12, "a4")
    page, truth = print_form(form, "a4")
    page = page.copy()
    y, x = np.mgrid[: page.shape[0], : page.shape[1]]
    for at in [(700, 300), (900, 800), (1100, 500)]:
        radius = np.hypot(y - at[0], x - at[1]) / 6
        page[(radius < 2) | ((radius > 3.6) & (radius < 5))] = 0
    read, nodes = read_form(page)
    assert read == form
    assert misplaced(nodes, truth) < 0.02


def test_a_large_photo_has_nodes_in_its_own_pixels():
    (form,) = plan_forms(["7"], 30, "letter")
    page, truth = print_form(form, "letter")
    read, nodes = read_form(np.kron(page, np.ones((2, 2), np.uint8)))
    assert read == form
    np.testing.assert_allclose(nodes, (truth + 0.5) * 2 - 0.5, atol=1.5)


@pytest.mark.parametrize("size", [(1, 1), (9, 2000), (300, 200), (1000, 700)])
def test_what_is_no_form_is_none(size):
    rng = np.random.default_rng(0)
    for grey in (np.zeros(size), np.full(size, 255), rng.integers(0, 256, size)):
        assert read_form(grey.astype(np.uint8)) is None


@pytest.mark.parametrize("n_marks", [3, 4, 6])
def test_marks_without_a_code_are_no_form(n_marks):
    y, x = np.mgrid[:900, :700]
    page = np.full(y.shape, 255, np.uint8)
    for at in [(60, 60), (60, 640), (840, 60), (840, 640), (450, 60), (450, 640)][:n_marks]:
        radius = np.hypot(y - at[0], x - at[1]) / 4
        page[(radius < 2) | ((radius > 3.6) & (radius < 5))] = 0
    assert read_form(page) is None


@pytest.mark.parametrize(
    "payload",
    [
        b"of another kind",
        pack_page((2, 3, 1, 1, 0, 0, 0, 0), (("a", 7),)),
        pack_page((0, 0, 1, 1, 0, 0, 0, 0), ()),
    ],
    ids=["kind", "rows", "nothing"],
)
def test_a_code_that_says_something_else_is_no_form(monkeypatch, payload):
    (form,) = plan_forms(["a"], 5, "a4")
    monkeypatch.setattr("sklimg.formpages.form_payload", lambda _: payload)
    page, _ = print_form(form, "a4")
    assert read_form(page) is None


@given(st.lists(TEXT, min_size=1, max_size=30, unique=True), st.integers(1, 60))
def test_a_plan_has_each_box_once_and_in_order(labels, per_label):
    for paper in ("a4", "letter"):
        forms = plan_forms(labels, per_label, paper)
        held = [label for form in forms for label in form.labels if label is not None]
        assert held == [label for label in labels for _ in range(per_label)]
        assert [form.page for form in forms] == [*range(1, len(forms) + 1)]
        for form in forms:
            assert len(form.labels) == form.rows * form.columns
            assert form.pages == len(forms)
            assert form.columns <= 12
            rows = code_rows(len(form_payload(form)), CODE_COLUMNS)
            assert form.box[3] < 1 - rows * CODE_PITCH
            assert min(form.box) > 0
            assert max(form.box) <= 1


@pytest.mark.parametrize(
    ("per_label", "columns", "rows"),
    [(1, 1, 1), (7, 7, 1), (12, 12, 1), (13, 7, 2), (20, 10, 2), (25, 9, 3), (100, 12, 9)],
)
def test_rows_of_a_label_are_balanced(per_label, columns, rows):
    (form,) = plan_forms(["a"], per_label, "a4")
    assert (form.columns, form.rows) == (columns, rows)
    assert form.labels.count(None) == rows * columns - per_label


def test_boxes_that_are_not_used_have_no_label():
    form = Form(3, 2, (("a", 3), ("b", 1)), 1, 1, (0, 0, 1, 1))
    assert form.labels == ["a", "a", "a", None, "b", None]


def test_a_label_of_few_rows_stays_on_one_page():
    forms = plan_forms(list("abcdefghijklmnop"), 30, "a4")
    assert len(forms) > 1
    assert all(number == 30 for form in forms for _, number in form.cells)


def test_a_label_of_many_rows_goes_over_pages():
    forms = plan_forms(["a", "b"], 500, "letter")
    assert [label for label, _ in forms[0].cells] == ["a"]
    assert {"a", "b"} in [{label for label, _ in form.cells} for form in forms]


def test_long_labels_begin_a_page_earlier():
    labels = ["".join(map(chr, np.random.default_rng(i).integers(0x4E00, 0x9FFF, 30)))
              for i in range(9)]  # fmt: skip
    forms = plan_forms(labels, 10, "a4")
    assert 1 < len(forms) < 9
    for form in forms:
        encode_code(form_payload(form), CODE_COLUMNS)


@pytest.mark.parametrize(
    ("labels", "per_label", "part"),
    [
        ([], 1, "form: expected labels and a box for each, got 0 labels"),
        (["a"], 0, "got 1 label and 0 boxes"),
        (["a", ""], 1, "label 2: expected a text, got an empty one"),
        (["a", "b", "a"], 1, "label 3: expected each label once, got 'a' again"),
        (["\udcff"], 1, r"label 1: expected text, got '\\udcff'"),
        (["a", "b" + "".join(map(chr, range(300, 500)))], 1, r"at most \d+ bytes .* got 401; sho"),
        (["a"], 10**9, "expected at most 999 pages, got more at label 'a'"),
    ],
)
def test_what_cannot_be_planned_is_said(labels, per_label, part):
    with pytest.raises(UsageError, match=part):
        plan_forms(labels, per_label, "a4")


def test_the_bytes_that_are_said_to_fit_do_fit():
    letters = "".join(map(chr, np.random.default_rng(0).integers(33, 127, 400)))
    with pytest.raises(UsageError, match="expected at most") as caught:
        plan_forms([letters], 1, "a4")
    room = int(str(caught.value).split("at most ")[1].split()[0])
    plan_forms([letters[:room]], 9999, "letter")
