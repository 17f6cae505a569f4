"""Tables name their rows and columns."""

from sklimg.tablehtml import table


def test_rows_and_columns_have_heads_and_numbers_stand_to_the_right():
    html = table("Two <b>", ("class", "n", "note"), [("a&b", "1", "x"), ("c", "20.5 %", "–")])
    assert "<caption>Two &lt;b&gt;</caption>" in html
    assert '<th scope="col" class="n">n</th><th scope="col">note</th>' in html
    assert '<th scope="row">a&amp;b</th><td class="n">1</td><td>x</td>' in html
    assert 'tabindex="0" role="region" aria-label="Two &lt;b&gt;"' in html


def test_a_table_without_rows_is_one_still():
    assert "<tbody></tbody>" in table("None", ("class", "n"), [])


def test_a_long_one_stands_in_a_box():
    assert 'class="scroll long"' in table("Many", ("class",), [("a",)], is_long=True)
