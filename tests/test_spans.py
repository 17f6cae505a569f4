"""Spans, written and read."""

import pytest

from sklimg.spans import Span, parse_span, span_ends, span_text


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("0.0001..0.001", Span(1e-4, 1e-3)),
        ("1e-4..1e-3", Span(1e-4, 1e-3)),
        ("100..1000", Span(100, 1000)),
        ("100..1000-50..60", (Span(100, 1000), Span(50, 60))),
        ("600-30..300", (600, Span(30, 300))),
        ("1E-4..1E-2", Span(1e-4, 1e-2)),
        ("-1..1", Span(-1, 1)),
        ("0.1..0.3-0.2", (Span(0.1, 0.3), 0.2)),
    ],
)
def test_a_span_is_read_and_written(text, span):
    assert parse_span(text) == span
    assert parse_span(span_text(span)) == span


@pytest.mark.parametrize("text", ["1", "600-300", "relu", "0.1", "1e-3"])
def test_what_has_no_dots_is_no_span(text):
    assert parse_span(text) is None


@pytest.mark.parametrize(
    "text", ["1..", "..2", "2..1", "1..1", "a..b", "1..2..3", "a-1..2", "1..inf", "nan..1"]
)
def test_a_span_needs_two_numbers_in_order(text):
    with pytest.raises(ValueError, match=r"LOW\.\.HIGH|could not convert|invalid literal"):
        parse_span(text)


def test_ends():
    assert span_ends(Span(1, 3)) == [1, 3]
    assert span_ends((5, Span(1, 3))) == [(5, 1), (5, 3)]
    assert span_ends([1, 2]) is None
    assert span_ends((1, 2)) is None


def test_integers_are_drawn_between_integers():
    assert Span(1, 5).is_whole
    assert not Span(0, 0.5).is_whole


def test_far_ends_are_drawn_from_by_their_logarithm():
    assert Span(1, 5).is_log
    assert not Span(1, 4).is_log
    assert not Span(0, 4).is_log
