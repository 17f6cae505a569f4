"""Pictures are counted, and those in doubt are told with what is against them."""

import numpy as np
import pytest

from sklimg.serve.summaries import look, summarise


def rows(*told):
    """Return rows of (id, digest, labels)."""
    return [(id, f"{id}.png", digest, 7, label) for id, digest, labels in told for label in labels]


def conflicts(*told, known=None):
    summary = summarise(look(rows(*told), known or {}))
    return [
        (each["id"], each["labels"], each["with_uploads"], each["with_table"])
        for each in summary.conflicts
    ]


def test_labels_are_counted_in_natural_order():
    summary = summarise(
        look(rows(("x", b"1", ["10"]), ("y", b"2", ["2", "10"]), ("z", b"3", "a")), {})
    )
    assert list(summary.counts.items()) == [("2", 1), ("10", 2), ("a", 1)]
    assert summary.n_pictures == 3


def test_none_at_all():
    assert summarise(look([], {b"1": "a"})) == ({}, 0, [], {"of_table": 0, "among_uploads": 0})


def test_a_picture_of_several_labels():
    (told,) = summarise(
        look(rows(("x", b"1", ["b10", "b9", "a"]), ("y", b"2", ["a"])), {})
    ).conflicts
    assert told == {
        "id": "x",
        "name": "x.png",
        "labels": ["a", "b9", "b10"],
        "with_uploads": [],
        "with_table": None,
    }


def test_pixels_under_several_labels():
    told = (("x", b"1", ["a"]), ("y", b"1", ["b"]), ("z", b"1", ["a"]), ("o", b"2", ["b"]))
    assert conflicts(*told) == [
        ("x", ["a"], ["b"], None),
        ("y", ["b"], ["a"], None),
        ("z", ["a"], ["b"], None),
    ]


def test_pixels_that_the_table_has_under_another_label():
    told = (("x", b"1", ["a"]), ("y", b"2", ["a"]), ("z", b"3", ["a", "b"]), ("o", b"4", ["a"]))
    known = {b"1": "a", b"2": "b", b"3": "a"}
    assert conflicts(*told, known=known) == [
        ("y", ["a"], [], "b"),
        ("z", ["a", "b"], [], "a"),
    ]
    told = (("x", b"1", ["a"]), ("y", b"1", ["b"]))
    assert conflicts(*told, known={b"1": "a"}) == [
        ("x", ["a"], ["b"], None),
        ("y", ["b"], ["a"], "a"),
    ]


def test_copies():
    told = (
        ("x", b"1", ["a"]),
        ("y", b"1", ["a"]),
        ("z", b"1", ["a"]),
        ("u", b"2", ["b"]),
        ("v", b"3", ["b"]),
        ("w", b"4", ["a", "b"]),
    )
    known = {b"1": "a", b"2": "a", b"4": "a"}
    assert summarise(look(rows(*told), known)).copies == {"of_table": 3, "among_uploads": 2}


def test_without_pixels_nothing_is_a_copy():
    told = (("x", None, ["a"]), ("y", None, ["b"]))
    assert conflicts(*told, known={b"1": "a"}) == []
    assert summarise(look(rows(*told), {})).copies == {"of_table": 0, "among_uploads": 0}


def test_of_very_many_other_labels_the_first_are_told():
    told = [(str(i), b"1", [f"{i}"]) for i in range(100)]
    assert conflicts(*told)[50] == ("50", ["50"], [str(i) for i in range(10)], None)


@pytest.mark.parametrize("seed", range(5))
def test_what_is_in_doubt_as_one_would_count_it(seed):
    rng = np.random.default_rng(seed)
    told = [
        (str(i), bytes([rng.integers(20)]), [*{str(k) for k in rng.integers(3, size=2)}])
        for i in range(60)
    ]
    known = {bytes([i]): str(rng.integers(3)) for i in range(0, 20, 2)}
    found = {id for id, *_ in conflicts(*told, known=known)}
    for id, digest, _ in told:
        every = {label for _, other, theirs in told if other == digest for label in theirs}
        if digest in known:
            every.add(known[digest])
        assert (id in found) == (len(every) > 1)
