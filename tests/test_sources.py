"""Images become rows in order; what does not become a row is listed."""

import numpy as np
import pytest
from PIL import Image

from sklimg.errors import DataError
from sklimg.images import read_image
from sklimg.making import make_table
from sklimg.sources import read_data, read_images
from sklimg.spec import ImageSpec
from sklimg.table import Table
from tests.builders import noise, write_images


def paper(level, ink, count, seed):
    """Pictures of a stroke of *ink* on paper of *level*."""
    rng = np.random.default_rng(seed)
    images = [np.full((28, 28), level, np.uint8) for _ in range(count)]
    for image in images:
        top = rng.integers(4, 14)
        image[top : top + 8, 10:15] = ink
    return images


def test_rows_and_rejects_are_all_files(photos):
    (photos / "2" / "notes.txt").write_text("no picture")
    (photos / "2" / ".hidden").write_text("")
    read = read_images([photos], ImageSpec())
    n_files = sum(path.is_file() for path in photos.rglob("*"))
    assert len(read.table) + len(read.rejects) == n_files == 6
    (reason,) = read.refused
    assert "notes.txt: expected PNG" in reason
    np.testing.assert_array_equal(
        read.table.pixels[1].reshape(28, 28), read_image(photos / "2" / "b.png")
    )


def test_several_sources_follow_each_other(photos):
    read = read_images([photos / "deep", photos / "2"], ImageSpec())
    assert read.table.labels.tolist() == ["10", "10", "2", "2"]


def test_ink_is_turned_to_light_on_dark_whatever_the_paper(tmp_path):
    images = paper(240, 20, 5, 0) + paper(10, 230, 5, 1)
    write_images(tmp_path, {f"a/{i}.png": image for i, image in enumerate(images)})
    read = read_images([tmp_path], ImageSpec(invert="auto"))
    assert read.table.spec.invert == "auto"
    assert np.median(read.table.pixels, axis=1).max() <= 15


def test_photographs_are_left_as_they_are(photos):
    read = read_images([photos], ImageSpec(invert="auto"))
    assert read.table.spec.invert == "no"


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_many_images_are_read_the_same_by_two_workers(tmp_path, monkeypatch, backend):
    write_images(tmp_path, {f"a/{i}.png": image for i, image in enumerate(noise(150))})
    alone = read_images([tmp_path], ImageSpec(), jobs=1)
    monkeypatch.setattr("sklimg.batches._workers", lambda files, most: (2, backend))
    seen = []
    both = read_images([tmp_path], ImageSpec(), jobs=2, progress=lambda *n: seen.append(n))
    np.testing.assert_array_equal(alone.table.pixels, both.table.pixels)
    assert seen == [(128, 150), (150, 150)]


def test_a_folder_without_images_says_what_is_in_it(tmp_path):
    with pytest.raises(DataError, match=r"expected images, got none in 0 files; .* no files"):
        read_images([tmp_path], ImageSpec())
    (tmp_path / "a.txt").write_text("hello")
    with pytest.raises(DataError, match=r"got none in 1 file; the first: .*a.txt: expected PNG"):
        read_images([tmp_path], ImageSpec())


def test_data_of_every_kind_is_read(photos, tmp_path):
    table = Table(np.zeros((1, 4), np.uint8), ["a"])
    assert read_data(table).table is table
    assert len(read_data(photos).table) == 4
    (tmp_path / "t.csv").write_text("label,pixel0\na,1\n")
    assert read_data(tmp_path / "t.csv").table.labels.tolist() == ["a"]
    with pytest.raises(DataError, match="no such file or folder"):
        read_data(tmp_path / "absent.csv")


def test_what_is_not_known_of_a_table_is_said(photos, tmp_path):
    path = tmp_path / "t.csv"
    make_table([photos], path, ImageSpec())
    assert read_data(path).notes == []
    path.write_bytes(path.read_bytes().replace(b"\n10,", b"\n11,"))
    assert "has changed since t.csv.json was written" in read_data(path).notes[0]
    (tmp_path / "t.csv.json").unlink()
    assert "is not recorded beside the table" in read_data(path).notes[0]


def test_further_frames_are_noted(photos):
    frames = [Image.fromarray(picture) for picture in noise(2)]
    frames[0].save(photos / "2" / "moving.gif", save_all=True, append_images=frames[1:])
    (note,) = read_images([photos], ImageSpec()).notes
    assert note == "the first frame was taken of 1 file that hold several: 2/moving.gif"


def test_groups_of_a_map_become_a_column(photos, tmp_path):
    (tmp_path / "map.csv").write_text("path,label,group\nphotos/2/a.png,a,g\nphotos/2/b.png,b,\n")
    table = read_data(tmp_path / "map.csv").table
    assert table.columns["group"].tolist() == ["g", ""]
