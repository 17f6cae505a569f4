"""Only allowed formats of a bearable size are opened."""

from io import BytesIO

import pytest
from PIL import Image

from sklimg import jpeg, opening
from sklimg.errors import ImageError
from sklimg.jpeg import count_scans
from sklimg.opening import opened_image
from tests.hostile import encoded, flat, noisy


def code_of(data):
    with pytest.raises(ImageError, match="a.x: ") as caught, opened_image(BytesIO(data), "a.x"):
        pass
    return caught.value.code


@pytest.mark.parametrize("format", ["PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF"])
def test_allowed_formats_are_opened(format):
    with opened_image(BytesIO(encoded(flat(), format)), "a.x") as image:
        assert (image.format, image.size) == (format, (64, 64))


@pytest.mark.parametrize("format", ["PPM", "ICO", "TGA", "PCX", "JPEG2000"])
def test_other_formats_are_not(format):
    assert code_of(encoded(flat(), format)) in ("unsupported_format", "not_an_image")


def test_a_jpeg_that_is_gone_over_too_often_is_refused(monkeypatch, tmp_path):
    data = encoded(noisy(), "JPEG", progressive=True)
    n_scans = count_scans(BytesIO(data))
    assert 5 < n_scans < 15
    monkeypatch.setattr(jpeg, "_CHUNK", 7)
    assert count_scans(BytesIO(data)) == n_scans
    monkeypatch.setattr(opening, "_MAX_WORK", n_scans * 64 * 64)
    with opened_image(BytesIO(data), "a.x"):
        pass
    monkeypatch.setattr(opening, "_MAX_WORK", n_scans * 64 * 64 - 1)
    assert code_of(data) == "too_large"
    (tmp_path / "a.x").write_bytes(data)
    with (
        (tmp_path / "a.x").open("rb") as file,  # as very large ones are
        pytest.raises(ImageError, match="expected a JPEG of a few scans"),
        opened_image(file, "a.x"),
    ):
        pass


def test_the_decoder_is_the_one_of_the_bytes_not_of_the_name(tmp_path):
    Image.new("L", (3, 3)).save(tmp_path / "a.png")
    with (tmp_path / "a.png").open("rb") as file, opened_image(file, "a.jpg") as image:
        assert image.format == "PNG"
