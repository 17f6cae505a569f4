"""Many images at once."""

from sklimg.batches import read_batches
from sklimg.errors import ImageError
from sklimg.images import read_image
from sklimg.spec import ImageSpec
from tests.builders import noise, write_images


def test_batches_hold_what_each_image_becomes_in_order(tmp_path):
    write_images(tmp_path, {f"{i:03d}.png": image for i, image in enumerate(noise(150))})
    (tmp_path / "070.png").write_bytes(b"GIF8")
    files, spec = sorted(tmp_path.iterdir()), ImageSpec(side=5)
    reads = [read for batch in read_batches(files, spec, jobs=2) for read in batch]
    assert len(reads) == 150
    for file, read in zip(files, reads, strict=True):
        if file.name == "070.png":
            assert isinstance(read, ImageError)
        else:
            assert (read[0] == read_image(file, spec)).all()
