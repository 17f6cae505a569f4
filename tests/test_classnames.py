"""Class names that look alike are told, and stay what they are."""

import pytest

from sklimg.classnames import alike_notes
from sklimg.imagestream import ImageStream
from sklimg.making import make_table
from sklimg.spec import ImageSpec
from sklimg.table import read_table
from tests.builders import noise, write_images

COMPOSED, DECOMPOSED = "K\u00e4se", "Ka\u0308se"


@pytest.mark.parametrize(
    ("labels", "notes"),
    [
        (["a", "b", "", " "], []),
        (["a", "A"], ["2 class names differ only in letter case or blanks: 'A', 'a'"]),
        (["x y", " x  y", "z"], ["2 class names differ only in letter case or blanks: "]),
        ([COMPOSED, "a"], []),
    ],
)
def test_what_looks_alike_is_told_once(labels, notes):
    told = alike_notes(labels + labels)
    assert len(told) == len(notes)
    assert all(text.startswith(note) for text, note in zip(told, notes, strict=True))


def test_two_spellings_of_one_name_stay_two_classes(tmp_path):
    pictures = {f"p/{name}/1.png": noise(1)[0] for name in (COMPOSED, DECOMPOSED)}
    write_images(tmp_path, pictures)
    made = make_table([tmp_path / "p"], tmp_path / "t.csv", ImageSpec())
    assert made.notes == [
        "2 class names differ only in how their accents are stored: 'Ka\\u0308se', 'K\\xe4se'; "
        "are they one class?"
    ]
    assert sorted(read_table(tmp_path / "t.csv").labels) == [DECOMPOSED, COMPOSED]


def test_an_image_costs_little_memory(tmp_path):
    """What is held of each image is its name and little else."""
    write_images(tmp_path, {f"{i % 9}/{i}.png": image for i, image in enumerate(noise(50))})
    images = ImageStream([tmp_path], ImageSpec())
    assert not hasattr(images.items[0], "__dict__")
    first, *_, last = (item for item in images.items if item.label == "1")
    assert first.label is last.label
    assert first.columns is last.columns
    assert first.root is not None
