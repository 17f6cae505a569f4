"""Forms, printed, filled and photographed, are cut and labelled with no options at all."""

import shutil

import numpy as np
import pytest
from PIL import Image

from sklimg.records import read_records
from sklimg.tiles import cut_sheets
from tests.paper import photograph_form, random_form

N_FORMS = 200


@pytest.mark.long
def test_photographed_forms_are_cut_and_labelled(seed, case, tmp_path):
    for number in range(N_FORMS):
        rng = np.random.default_rng([seed, number])
        form, paper = random_form(rng)
        size = int(rng.integers(900, 2200))
        photo, _ = photograph_form(form, paper, rng, quarters=number % 4, size=size)
        Image.fromarray(photo).save(tmp_path / "scan.png")
        cut_sheets([tmp_path / "scan.png"], (None, None), tmp_path / "tiles")
        manifest = read_records(tmp_path / "tiles" / "manifest.csv")
        places = zip(map(int, manifest["row"]), map(int, manifest["col"]), strict=True)
        read = dict(zip(places, manifest["label"], strict=True))
        written = {
            (i // form.columns + 1, i % form.columns + 1): label
            for i, label in enumerate(form.labels)
            if label is not None
        }
        case(read == written, f"form {number}")
        shutil.rmtree(tmp_path / "tiles")
