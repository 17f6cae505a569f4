"""What fit returns says what was predicted."""


def test_each_test_row_has_its_most_probable_class(bars_run, bars_table):
    expected = bars_run.model.predict(bars_table.pixels[bars_run.parts.test])
    assert bars_run.predicted.tolist() == expected.tolist()
    assert set(bars_run.predicted) == {"2", "10", "a"}
