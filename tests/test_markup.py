"""Labels and paths stay text, in HTML and in Markdown."""

import pytest

from sklimg.markup import html_list, html_prose, html_text, markdown_code, markdown_text


def test_html_has_no_tag_and_no_line_of_its_own():
    assert html_text('<a href="x">\'&\n') == "&lt;a href=&quot;x&quot;&gt;&#x27;&amp;\\n"
    assert html_list(["<b>", "2 %"]) == "<ul><li>&lt;b&gt;</li><li>2&nbsp;%</li></ul>"


def test_a_number_stays_with_its_per_cent():
    assert html_prose("99.2 % <b>") == "99.2&nbsp;% &lt;b&gt;"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a|b", r"a\|b"),
        ("__x__", r"\_\_x\_\_"),
        ("[a](b)", r"\[a\](b)"),
        ("$x$", r"\$x\$"),
        ("http://a.b", r"http\://a.b"),
        ("www.a.b", r"www\.a.b"),
        ("a@b.c", r"a\@b.c"),
        ("- no list", r"\- no list"),
        ("a: b", "a: b"),
        ("a\nb", r"a\\nb"),
    ],
)
def test_markdown_marks_are_escaped(text, shown):
    assert markdown_text(text) == shown


def test_code_stands_within_more_backticks_than_it_holds():
    assert markdown_code("plain") == "`plain`"
    assert markdown_code("a``b") == "``` a``b ```"
