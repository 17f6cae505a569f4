"""Texts fit and are no mathematics; figures are the same bytes each time."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

import sklimg
from sklimg.drawing import (
    BLUE,
    GREY,
    ORANGE,
    as_png,
    caption,
    clean,
    fitting,
    font_families,
    short_label,
    short_path,
    text_width,
    words_figure,
)
from sklimg.images import read_pages
from tests.figures import KINDS, boxes_of, caption_of, laid_out, texts_cut_off, texts_of


@pytest.mark.parametrize("label", [*KINDS, "", "\0", "\x1b[31m", "x" * 999, "$$", r"\$"])
def test_any_text_is_drawn_as_it_is_and_stays_on_one_line(label):
    figure = Figure(figsize=(4, 1))
    text = figure.text(0.5, 0.5, short_label(label))
    (page,) = read_pages(as_png(figure))
    assert page.shape == (120, 480, 3)
    assert text.get_text().isprintable()
    assert "$" not in text.get_text().replace(r"\$", "")
    (box,) = boxes_of(laid_out(figure).texts)
    assert box.height < 40  # no fraction, no second line


@pytest.mark.parametrize("shorten", [short_label, short_path])
@pytest.mark.parametrize("most", [1, 2, 18])
def test_what_is_too_long_is_cut_with_a_sign(shorten, most):
    assert shorten("a" * most, most) == "a" * most
    cut = shorten("a" * (most + 1), most)
    assert len(cut) == most
    assert cut.count("…") == 1


def test_a_label_keeps_its_beginning_and_a_path_its_end():
    assert short_label("0123456789", 5) == "0123…"
    assert short_path("0123456789", 5) == "…6789"


def test_control_signs_count_as_they_are_shown():
    assert short_label("\0" * 9, 10) == "\\x00\\x00\\…"


@pytest.mark.parametrize("text", ["W" * 40, "i" * 40, "$" * 40])
@pytest.mark.parametrize("room", [20, 60, 200])
def test_as_much_as_fits_is_shown(text, room):
    shown = fitting(text, room, 8).replace(r"\$", "$")
    assert text_width(shown, 8) <= room
    one_more = text[: len(shown)] + "…"
    assert len(shown) == 24 or text_width(one_more, 8) > room


def test_what_fits_is_left_alone_and_something_is_always_shown():
    assert fitting("cat", 100, 8) == "cat"
    assert fitting("cat", 0, 8) == "…"
    assert fitting("", 100, 8) == ""
    assert fitting("a/b/c.png", 30, 8, short_path).endswith(".png")


def test_a_figure_has_the_same_bytes_each_time():
    figures = [words_figure("a", "b") for _ in range(2)]
    first = as_png(figures[0])
    assert first == as_png(figures[0]) == as_png(figures[1])


def test_fonts_for_other_scripts_are_asked(monkeypatch):
    monkeypatch.setattr("sklimg.drawing.font_families", lambda: ["DejaVu Sans", "DejaVu Sans Mono"])
    figure = words_figure("a", "b")
    as_png(figure)
    assert figure.texts[0].get_fontfamily() == ["DejaVu Sans", "DejaVu Sans Mono"]


def test_the_font_that_is_always_there_comes_first():
    assert font_families()[0] == "DejaVu Sans"


def test_a_figure_says_why_there_is_nothing_to_draw():
    figure = words_figure("Mistakes", "There are none.")
    assert set(texts_of(figure)) == {"Mistakes", "There are none."}
    assert not texts_cut_off(figure)


def test_a_caption_is_small_and_grey():
    figure = Figure()
    caption(figure, "what is seen")
    assert caption_of(figure) == "what is seen"
    (text,) = figure.texts
    assert (text.get_color(), text.get_fontsize()) == (GREY, 8)


def test_a_clean_frame_has_two_sides_and_a_grid_behind():
    axes = Figure().add_subplot()
    clean(axes, "x")
    assert not axes.spines["top"].get_visible()
    assert not axes.spines["right"].get_visible()
    assert axes.spines["left"].get_visible()
    assert axes.get_axisbelow() is True
    assert axes.xaxis.get_gridlines()[0].get_visible()
    assert not axes.yaxis.get_gridlines()[0].get_visible()


def test_colours_differ_in_light_too():
    """Who sees no hues tells them apart by how bright they are."""
    blue, orange = (np.dot(to_rgb(c), (0.299, 0.587, 0.114)) for c in (BLUE, ORANGE))
    assert abs(blue - orange) > 0.05


def test_colours_stand_in_one_place():
    modules = Path(sklimg.__file__).parent.rglob("*.py")
    assert [p.name for p in modules if ORANGE in p.read_text()] == ["drawing.py"]
