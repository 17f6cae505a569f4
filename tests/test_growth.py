"""Old rows stay where they are; new ones go where their copies are, or are dealt out."""

from collections import Counter

import numpy as np
import pytest
from sklearn.datasets import load_digits

from sklimg.duplicates import find_copies
from sklimg.errors import DataError
from sklimg.growth import grow
from sklimg.recorded import Recorded
from sklimg.stacking import stack_tables
from sklimg.table import Table
from tests.builders import bars
from tests.test_duplicates import as_rows
from tests.test_thumbnails import pictures

SHARES = {"test": 0.2, "validation": 0.2}


def recorded(table, words=("train", "train", "train", "validation", "test"), shares=SHARES):
    """A run's rows, each a group of its own, their parts in turn."""
    n = len(table)
    split = np.array((list(words) * n)[:n], object)
    return Recorded(table, np.arange(n), split, shares)


@pytest.fixture(scope="module")
def old():
    return recorded(bars({"a": 20, "b": 20}))


@pytest.fixture
def said():
    return []


def grown(old, added, said=None, group="auto", turned=False, seed=0):
    tell = (lambda topic, text: None) if said is None else lambda *told: said.append(told)
    rng = np.random.default_rng(seed)
    return grow(old, added, group=group, turned=turned, rng=rng, tell=tell)


def check(growth, old):
    """What holds whatever is added."""
    parts, n_old = growth.parts, len(old.table)
    np.testing.assert_array_equal(parts.table.pixels[:n_old], old.table.pixels)
    np.testing.assert_array_equal(parts.split[:n_old], old.split)
    assert growth.is_new.tolist() == [False] * n_old + [True] * (len(parts.table) - n_old)
    for group in set(parts.groups):
        assert len(set(parts.split[parts.groups == group])) == 1


def darker(table, share=0.9):
    return Table((share * table.pixels).astype(np.uint8), table.labels)


def rows(table, *indices):
    return table.take(np.array(indices))


def test_new_groups_are_dealt_out_by_the_shares_of_the_run(old, said):
    growth = grown(old, bars({"a": 20, "b": 10}, seed=1), said)
    check(growth, old)
    parts = growth.parts
    new = growth.is_new
    for label, counts in (("a", [12, 4, 4]), ("b", [6, 2, 2])):
        found = Counter(parts.split[new & (parts.table.labels == label)])
        assert [found[part] for part in ("train", "validation", "test")] == counts
    assert said == [
        (
            "new",
            "30 images: 18 to train on, 6 to judge by, 6 to test on; the others stay where they "
            "were",
        )
    ]


@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_added_old_rows_stay_and_no_group_is_on_two_sides(seed):
    """Copies, near copies, new classes, writers, and all that again."""
    rng = np.random.default_rng(seed)
    run = recorded(bars({"a": 15, "b": 15}, seed))
    for k in range(3):
        new = bars({"a": int(rng.integers(1, 9)), "c": int(rng.integers(1, 9))}, 100 * seed + k)
        some = rng.permutation(len(run.table))[:6]
        added = stack_tables([new, darker(run.table.take(some[:3])), run.table.take(some[3:])])
        writers = rng.choice(["", "w1", "w2", "w3"], len(added)).tolist()
        added = Table(added.pixels, added.labels, None, {"group": writers})
        growth = grown(run, added, seed=seed)
        check(growth, run)
        assert growth.n_there >= 3
        trained = set(growth.parts.table.labels[growth.parts.train])
        assert trained == set(growth.parts.table.labels)
        n_told = len(growth.rejects) + growth.n_there + growth.is_new.sum()
        assert n_told == len(added)
        run = Recorded(growth.parts.table, growth.parts.groups, growth.parts.split, SHARES)


@pytest.mark.parametrize("part", ["train", "validation", "test"])
@pytest.mark.parametrize("kind", ["near", "writer"])
def test_a_copy_goes_where_the_picture_is(old, part, kind):
    row = int(np.flatnonzero(old.split == part)[0])
    others = bars({"a": 5, "b": 5}, seed=3)
    if kind == "near":
        run, added = old, stack_tables([others, darker(rows(old.table, row))])
    else:
        writers = np.full(40, "", object)
        writers[row] = "w"
        run = recorded(Table(old.table.pixels, old.table.labels, None, {"group": writers}))
        other = bars({old.table.labels[row]: 1}, seed=9)
        added = stack_tables([others, Table(other.pixels, other.labels, None, {"group": ["w"]})])
    growth = grown(run, added)
    assert growth.parts.split[-1] == part
    assert growth.parts.groups[-1] == growth.parts.groups[row]
    if kind == "near":  # every row for itself, if so it was asked for
        alone = grown(run, added, group="none")
        assert len(set(alone.parts.groups)) == len(alone.parts.table)


def test_what_stood_together_stays_together(old):
    """For whatever reason: the first two old rows are one group, and have one vote."""
    groups = old.groups.copy()
    groups[1] = 0
    parts = grown(Recorded(old.table, groups, old.split, SHARES), bars({"a": 3}, 1)).parts
    assert parts.groups[:4].tolist() == [0, 0, 2, 3]


def test_turned_copies_go_there_only_if_they_were_looked_for_then():
    """Of photographs: those that are mirrored stand in the parts of what they mirror."""
    images = pictures(60, 28)
    run = recorded(Table(as_rows(images), ["a", "b"] * 30))
    mirrored = Table(as_rows(images[:, :, ::-1]), ["a", "b"] * 30)
    growth = grown(run, mirrored, turned=True)
    np.testing.assert_array_equal(growth.parts.split[60:], run.split)
    growth = grown(run, mirrored, turned=False)
    assert len(set(growth.parts.groups)) > 100


def test_what_is_there_already_is_left_out_and_said(old, said):
    """Also where it stands in the test part, or was dropped."""
    words = ("train", "train", "validation", "test", "dropped")
    run = recorded(old.table, words)
    growth = grown(run, stack_tables([old.table, bars({"a": 3}, seed=1)]), said)
    assert (growth.n_there, growth.is_new.sum()) == (40, 3)
    assert said[0] == ("there", "40 images of these in the run already, left out")


@pytest.mark.parametrize("group", ["auto", "exact", "none"])
def test_a_picture_under_two_labels_is_not_taken_in(old, said, group):
    """Against an old row, and twice among the new ones; the path or the row names it."""
    new = bars({"a": 2, "b": 2}, seed=1)
    pixels = np.vstack([new.pixels, old.table.pixels[:1], new.pixels[:1]])
    added = Table(pixels, [*new.labels, "b", "b"], ["", "", "", "", "x/1.png", ""])
    if group == "none":  # then nothing is a copy of anything
        assert not grown(old, added, group=group).rejects
        return
    growth = grown(old, added, said, group=group)
    check(growth, old)
    assert growth.rejects == [
        ("row 0", "conflict", "'a' here, 'b' elsewhere; decide"),
        ("x/1.png", "conflict", "'b' here, 'a' elsewhere; decide"),
        ("row 5", "conflict", "'b' here, 'a' elsewhere; decide"),
    ]
    told = "3 images: under two labels, not trained on until one is decided; the first: row 0"
    assert ("warning", told) in said


def test_a_near_copy_under_another_label_is_a_conflict_unless_exact_ones_alone_are(old):
    twin = darker(rows(old.table, 0))
    added = stack_tables([bars({"a": 3}, seed=1), Table(twin.pixels, ["b"])])
    assert [code for _, code, _ in grown(old, added).rejects] == ["conflict"]
    assert not grown(old, added, group="exact").rejects


def test_a_link_between_parts_is_a_leak(old, said):
    """A new picture by the writers of a training and of a test picture: no part is right."""
    writers = np.full(40, "", object)
    train, test = (np.flatnonzero(old.split == part)[0] for part in ("train", "test"))
    writers[[train, test]] = "w1", "w2"
    run = recorded(Table(old.table.pixels, old.table.labels, None, {"group": writers}))
    twin = Table(old.table.pixels[[train]], ["a"], None, {"group": ["w2"]})
    near = Table((0.9 * twin.pixels).astype(np.uint8), ["a"], None, {"group": ["w2"]})
    new = bars({"a": 3}, seed=1)
    growth = grown(run, stack_tables([new, near]), said)
    check(growth, run)
    leak = ("row 3", "leak", "it is a copy of pictures in several parts; leave it out")
    assert growth.rejects == [leak]
    told = "1 image: copies of pictures in several parts, left out; the first: row 3"
    assert ("warning", told) in said


def test_a_new_class_needs_a_picture_for_each_part(old, said):
    growth = grown(old, bars({"a": 2, "few": 2, "new": 3}, seed=1), said)
    check(growth, old)
    assert [(path, code) for path, code, _ in growth.rejects] == [
        ("row 2", "few"),
        ("row 3", "few"),
    ]
    of_new = growth.parts.split[growth.parts.table.labels == "new"]
    assert sorted(of_new) == ["test", "train", "validation"]
    assert ("classes", "1 new class: new") in said
    told = "2 images: of new classes with too few pictures, left out; the first: row 2"
    assert ("warning", told) in said


def test_three_copies_of_one_picture_are_one(old):
    new = bars({"new": 1}, seed=1)
    copies = Table(np.repeat(new.pixels, 5, axis=0), ["new"] * 5)
    growth = grown(old, stack_tables([bars({"a": 2}, seed=2), copies]))
    assert {code for _, code, _ in growth.rejects} == {"few"}


def test_a_new_class_that_nothing_could_train_on_is_not_taken_in(old):
    """All its pictures are by the writer of a test picture, and would go there."""
    writers = np.full(40, "", object)
    writers[np.flatnonzero(old.split == "test")] = "w"
    run = recorded(Table(old.table.pixels, old.table.labels, None, {"group": writers}))
    new = bars({"a": 3, "new": 6}, seed=1)
    added = Table(new.pixels, new.labels, None, {"group": [""] * 3 + ["w"] * 6})
    growth = grown(run, added)
    check(growth, run)
    assert "new" not in growth.parts.table.labels
    assert [code for _, code, _ in growth.rejects] == ["few"] * 6


def test_the_first_new_picture_of_a_known_class_trains(old):
    growth = grown(old, bars({"a": 1}, seed=1))
    assert growth.parts.split[-1] == "train"
    behind = Recorded(old.table, old.groups, old.split, {"test": 0.9, "validation": 0.0})
    assert grown(behind, bars({"a": 1}, seed=1)).parts.split[-1] == "train"


def test_parts_keep_their_share_however_small_the_steps(old):
    """Forty times one picture more of each class, as forty at once."""
    run = old
    for k in range(40):
        growth = grown(run, bars({"a": 1, "b": 1}, seed=50 + k), group="exact")
        run = Recorded(growth.parts.table, growth.parts.groups, growth.parts.split, SHARES)
    wanted = {"train": 72, "validation": 24, "test": 24}
    found = Counter(run.split)
    assert all(abs(found[part] - n) <= 3 for part, n in wanted.items())
    assert Counter(grown(old, bars({"a": 40, "b": 40}, seed=1)).parts.split) == wanted


def test_a_class_that_is_short_of_test_pictures_does_not_give_all_its_new_ones(old):
    """The run's test part was given and has one of b only: a fifth of the new ones goes there."""
    split = np.where(old.table.labels == "a", old.split, "train")
    split[-1] = "test"
    run = Recorded(old.table, old.groups, split, {"test": 0.2, "validation": 0.0})
    growth = grown(run, bars({"b": 10}, seed=1))
    assert Counter(growth.parts.split[growth.is_new]) == {"train": 8, "test": 2}


def test_a_class_that_was_only_tested_trains_now(old):
    split = np.where(old.table.labels == "a", old.split, "test")
    run = Recorded(old.table, old.groups, split, {"test": 0.6, "validation": 0.0})
    growth = grown(run, bars({"b": 1}, seed=1))
    assert growth.parts.split[-1] == "train"
    growth = grown(run, bars({"b": 5}, seed=1))
    assert "train" in growth.parts.split[growth.is_new]


def test_without_a_part_nothing_goes_there(old, said):
    run = recorded(old.table, ("train", "test"), {"test": 0.5, "validation": 0.0})
    growth = grown(run, bars({"a": 4, "new": 4}, seed=1), said)
    assert set(growth.parts.split) == {"train", "test"}
    assert said[-1][1].startswith("8 images: 4 to train on, 4 to test on;")


def test_a_column_split_has_no_say_and_it_is_told(old, said):
    new = bars({"a": 5}, seed=1)
    grown(old, Table(new.pixels, new.labels, None, {"split": ["test"] * 5}), said)
    told = ("note", "the column 'split' of the new images has no say: groups are dealt out")
    assert told in said


@pytest.mark.parametrize(
    ("added", "words"),
    [
        (bars({"a": 20, "b": 20}), "got none: 40 of 40 are there already, 0 could not be"),
        (bars({"a": 1, "": 2}, seed=1), "2 of 3 new images have no label; label them"),
        (bars({"few": 2}, seed=1), r"0 of 2 are there .*, 2 could not .*; the first: row 0: too"),
        (bars({"a": 1}).take(np.arange(0)), "got none: 0 of 0 are there already"),
    ],
)
def test_nothing_new_to_train_on_is_an_error(old, added, words):
    with pytest.raises(DataError, match=words):
        grown(old, added)


def test_a_copy_of_a_test_picture_alone_is_nothing_to_train_on(old):
    test = rows(old.table, 4)
    with pytest.raises(DataError, match="expected new pictures to train on, got none: 0 of 1"):
        grown(old, darker(test))


def test_the_same_seed_deals_alike(old):
    added = bars({"a": 20, "b": 20}, seed=1)
    splits = [grown(old, added, seed=seed).parts.split for seed in (0, 0, 1)]
    np.testing.assert_array_equal(splits[0], splits[1])
    assert (splits[0] != splits[2]).any()


def test_near_copies_are_those_of_a_fit(old):
    """The groups are as coarse as what would be found in all rows at once."""
    added = stack_tables([bars({"a": 5}, seed=1), darker(rows(old.table, 0, 7))])
    growth = grown(old, added)
    table = growth.parts.table
    found = find_copies(table.pixels, table.spec, turned="no").groups
    np.testing.assert_array_equal(growth.parts.groups, found)


def test_a_flood_of_others_does_not_change_which_old_rows_are_copies():
    """How close copies are is learned from the images: those of the run, not what is brought."""
    digits = load_digits()
    pixels = (digits.data * (255 / 16)).astype(np.uint8)
    table = Table(pixels[:300], [str(label) for label in digits.target[:300]])
    groups = find_copies(table.pixels, table.spec, turned="no").groups
    split = np.where(np.arange(300) % 5 == 0, "test", "train").astype(object)
    old = Recorded(table, groups, split, {"test": 0.2, "validation": 0.0})
    noise = np.random.default_rng(0).integers(0, 256, (600, 64), np.uint8)
    rows = np.concatenate([pixels[300:350], noise])
    labels = [*(str(label) for label in digits.target[300:350]), *["h"] * 600]
    how = {"group": "auto", "turned": False, "rng": np.random.default_rng(0)}
    growth = grow(old, Table(rows, labels), tell=lambda *_: None, **how)
    assert [code for _, code, _ in growth.rejects if code == "conflict"] == []
    known = growth.parts.groups[~growth.is_new]
    assert len(np.unique(known)) > 0.97 * len(np.unique(groups))
