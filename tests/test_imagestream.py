"""Images of several sources come in order, block by block; what is none is told."""

import numpy as np
import pytest
from PIL import Image

from sklimg import imagestream
from sklimg.imagestream import ImageStream
from sklimg.making import make_table
from sklimg.records import read_records
from sklimg.spec import ImageSpec
from tests.builders import noise, write_images


def test_paths_that_two_sources_share_are_said(photos, tmp_path):
    write_images(tmp_path / "more", {"a.png": noise(1)[0]})
    made = make_table([photos / "2", tmp_path / "more"], tmp_path / "t.csv", ImageSpec())
    assert made.n_images == 3
    assert made.notes == ["1 path in several sources, each with a row of its own: a.png"]


def test_further_frames_are_noted(photos, tmp_path):
    frames = [Image.fromarray(picture) for picture in noise(2)]
    frames[0].save(photos / "2" / "moving.gif", save_all=True, append_images=frames[1:])
    made = make_table([photos], tmp_path / "t.csv", ImageSpec())
    assert made.notes == ["the first frame was taken of 1 file that hold several: 2/moving.gif"]


def test_images_that_vanish_before_they_are_read_are_rejects(photos, tmp_path, monkeypatch):
    list_images = imagestream.list_images

    def listed(*words):
        listing = list_images(*words)
        (photos / "2" / "a.png").unlink()
        return listing

    monkeypatch.setattr(imagestream, "list_images", listed)
    made = make_table([photos], tmp_path / "t.csv", ImageSpec())
    assert made.n_images == 3
    rejects = read_records(tmp_path / "t.csv.rejects.csv")
    assert (rejects["path"], rejects["code"]) == (["2/a.png"], ["missing"])


@pytest.mark.parametrize(("n_ink", "invert"), [(7, "no"), (8, "auto"), (10, "auto"), (0, "no")])
def test_a_set_is_ink_where_four_of_five_images_are(tmp_path, n_ink, invert):
    ink = np.full((28, 28), 250, np.uint8)
    ink[8:20, 13:15] = 10
    images = [ink] * n_ink + list(noise(10 - n_ink))
    write_images(tmp_path, {f"{i}.png": image for i, image in enumerate(images)})
    assert ImageStream([tmp_path], ImageSpec(invert="auto")).spec.invert == invert
    assert ImageStream([tmp_path], ImageSpec(invert="yes")).spec.invert == "yes"
    kept = ImageStream([tmp_path], ImageSpec(invert="auto"), settle=False)
    assert kept.spec.invert == "auto"
