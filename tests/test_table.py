"""Tables are read as they were written, from every layout that people have."""

import gzip
import os
import struct

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from sklimg.errors import TableError, UsageError
from sklimg.spec import ImageSpec
from sklimg.table import Table, is_table, read_table, spec_notes, write_table
from sklimg.tablewriter import table_writer
from tests.builders import bars
from tests.tables import same, tables


@pytest.fixture
def table():
    """Three 2x2 images with labels that programs like to change."""
    pixels = np.array([[0, 1, 22, 255], [9, 99, 100, 10], [1, 2, 3, 4]], np.uint8)
    return Table(pixels, ["007", "NA", "é,\n"], ["a/1.png", "b/2.png", '"3".png'])


@pytest.mark.parametrize("layout", ["wide", "vector"])
@pytest.mark.parametrize("ending", ["csv", "csv.gz", "npz"])
def test_what_is_written_is_read(table, tmp_path, ending, layout):
    path = tmp_path / f"t.{ending}"
    write_table(table, path, layout)
    same(read_table(path), table, "wide" if ending == "npz" else layout)
    first = path.read_bytes()
    write_table(table, path, layout)
    assert path.read_bytes() == first


@settings(max_examples=60)  # 2,000 in the long proof
@given(drawn=tables())
def test_any_texts_survive(tmp_path_factory, drawn):
    table, layout = drawn
    for ending in ("csv", "npz"):
        path = tmp_path_factory.mktemp("t") / f"t.{ending}"
        write_table(table, path, layout)
        same(read_table(path), table, "wide" if ending == "npz" else layout)


def test_pandas_reads_the_wide_layout(table, tmp_path):
    write_table(table, tmp_path / "t.csv")
    frame = pd.read_csv(tmp_path / "t.csv", dtype={"label": str}, keep_default_na=False)
    assert list(frame) == ["label", "path", "pixel0", "pixel1", "pixel2", "pixel3"]
    assert frame["label"].tolist() == table.labels.tolist()
    np.testing.assert_array_equal(frame.iloc[:, 2:].to_numpy(), table.pixels)


@pytest.mark.parametrize(
    "text",
    [
        "label,path,pixel0,pixel1,pixel2,pixel3\n5,,1,2,3,4\n",
        "label,pixel0,pixel1,pixel2,pixel3\n5,1,2,3,4\n",  # Kaggle
        "label,1x1,1x2,2x1,2x2\n5,1,2,3,4\n",
        "pixel0,pixel1,pixel2,pixel3,label\n1,2,3,4,5\n",
        "5,1,2,3,4\n",  # headerless MNIST
        "label,0,1,2,3\n5,1,2,3,4\n",  # numbered by pandas
        "label,1,2,3,4\n5,1,2,3,4\n",
        "0,1,2,3,4\n5,1,2,3,4\n",
        '\ufefflabel,pixel0,pixel1,pixel2,pixel3\r\n5,1,2,3,4\r\n\r\n"5","1",2, 3,4.0\r\n',
        'image_vector,label\n"1,2,3,4",5\n',
        'image_vector,label\n"[1, 2, 3, 4]",5\n',
        'label,image_vector\n5,"1,2,3,4"\n',
        'image_vector,label\r\n"1,2,3,4","5"',
    ],
)
def test_layouts_that_people_have(tmp_path, text):
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8", newline="")
    table = read_table(path)
    assert set(table.labels) == {"5"}
    assert set(map(tuple, table.pixels)) == {(1, 2, 3, 4)}
    assert is_table(path)


def test_bare_vectors_are_told_by_their_number(tmp_path):
    """16 numbers are an image of 4x4; 17 are a label and an image."""
    for n_label in (0, 1):
        (tmp_path / "t.csv").write_text(",".join(["9"] * n_label + ["7"] * 16) + "\n")
        table = read_table(tmp_path / "t.csv")
        assert (table.labels.tolist(), table.pixels.shape) == (["9" * n_label], (1, 16))


def test_a_column_named_like_a_pixel_is_not_written(tmp_path):
    table = Table(np.zeros((1, 1), np.uint8), ["a"], None, {"pixel9": ["x"]})
    with pytest.raises(TableError, match="column 'pixel9': expected a name unlike those of pixels"):
        write_table(table, tmp_path / "t.csv")


def test_a_table_without_labels_is_unlabelled(tmp_path):
    (tmp_path / "t.csv").write_text("pixel0,pixel1,pixel2,pixel3\n1,2,3,4\n")
    assert read_table(tmp_path / "t.csv").labels.tolist() == [""]


def test_further_columns_are_kept(tmp_path):
    text = "label,path,pixel0,group,split\n5,a,1,g1,train\n6,b,2,g2,test\n"
    (tmp_path / "t.csv").write_text(text)
    table = read_table(tmp_path / "t.csv")
    assert table.columns["group"].tolist() == ["g1", "g2"]
    write_table(table, tmp_path / "u.csv")
    assert (tmp_path / "u.csv").read_text() == text


WIDE = "label,path,pixel0,pixel1,pixel2,pixel3\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            WIDE + "a,p,1,2,3,4\nb,p,1,2,3\n",
            r"t.csv, line 3: expected 6 fields of .* got 5",
        ),
        (WIDE + "a,p,1,2,3,4,5\n", r"line 2: expected 6 fields .* got 7"),
        (WIDE + "a,p,1,2,x,4\n", r"line 2, pixel2: expected a whole number .* got 'x'"),
        (WIDE + "a,p,1,2,256,4\n", r"line 2, pixel2: .* got '256'"),
        (WIDE + "a,p,1,2,,4\n", r"line 2, pixel2: .* got ''"),
        (WIDE + "a,p,1,2,nan,4\n", r"got 'nan'"),
        (WIDE + '"a\nb",p,1,2,3,4\nc,p,1,2,3\n', r"line 4: expected 6 fields"),
        (WIDE + "a,p,0.1,0.2,0.3,1\n", r"scaled to 0-1"),
        (WIDE + '"a,p,1,2,3,4\n', r"line 2: not CSV"),
        (WIDE, r"expected rows of pixels, got none"),
        ("", r"line 1: expected the columns"),
        ("a,b\n1,2\n", r"expected the columns .* got 'a,b'"),
        ("label,pixel0,pixel0\n", r"line 1: column 'pixel0' stands twice"),
        ("label,pixel0,pixel1\na,1,2\n", r"expected side\*side pixels"),
        ("label,pixel0,note,pixel1\na,1,x,2\n", r"line 1: expected the columns"),
        ('image_vector,label\n"1,2,3,4",a\n"1,2,3",b\n', r"line 3: expected 4 pixels, got 3"),
        ("image_vector,label\n1,2,3,4,a\n", r"line 2: expected 2 fields, got 5"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path, text, words):
    path = tmp_path / "t.csv"
    path.write_text(text, newline="")
    with pytest.raises(TableError, match=words):
        read_table(path)


def test_text_that_is_not_utf8_is_named(tmp_path):
    (tmp_path / "t.csv").write_bytes(WIDE.encode() + b"\xff,p,1,2,3,4\n")
    with pytest.raises(TableError, match="expected UTF-8"):
        read_table(tmp_path / "t.csv")


def test_lines_are_counted_across_blocks(tmp_path):
    """The file is longer than a block; the last line is wrong."""
    table = bars({"a": 3000}, side=28)
    write_table(table, tmp_path / "t.csv")
    with (tmp_path / "t.csv").open("a") as file:
        file.write("a,p,1\n")
    with pytest.raises(TableError, match="line 3002: expected 786 fields .* got 3"):
        read_table(tmp_path / "t.csv")


def test_quotes_across_blocks(tmp_path):
    table = bars({'say "a,\nb"': 3000}, side=28)
    for layout in ("wide", "vector"):
        write_table(table, tmp_path / "t.csv", layout)
        same(read_table(tmp_path / "t.csv"), table, layout)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("t.csv.gz", gzip.compress(b"1,2\n" * 999, mtime=0)[:-12], "cannot be read"),
        ("t.npz", b"PK\x03\x04 no zip", "t.npz"),
        ("absent.csv", None, "no such file"),
    ],
)
def test_files_that_cannot_be_read(tmp_path, name, content, words):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(TableError, match=words):
        read_table(tmp_path / name)


def test_an_npz_of_objects_is_refused(tmp_path):
    np.savez(tmp_path / "t.npz", pixels=np.array([object()]), about=np.zeros(1, np.uint8))
    with pytest.raises(TableError, match="written by make-csv"):
        read_table(tmp_path / "t.npz")


def test_the_spec_beside_a_table_is_read(table, tmp_path):
    write_table(table, tmp_path / "t.csv")
    read = read_table(tmp_path / "t.csv")
    assert (read.spec, read.spec_is_known) == (ImageSpec(side=2), False)
    made = ImageSpec(side=2, invert="auto")
    for name in ("t.csv", "t.npz"):
        write_table(Table(table.pixels, table.labels, spec=made), tmp_path / name)
        read = read_table(tmp_path / name)
        assert (read.spec, read.spec_is_known) == (made, True)
    (tmp_path / "t.csv.json").write_text('{"image": {"side": 3}}')
    with pytest.raises(TableError, match="expected 9 pixels for 3x3 grey, got 4"):
        read_table(tmp_path / "t.csv")
    (tmp_path / "t.csv.json").write_text("{")
    with pytest.raises(TableError, match="expected the image spec"):
        read_table(tmp_path / "t.csv")


def test_colour_is_told_by_the_number_of_pixels():
    assert Table(np.zeros((1, 12), np.uint8), ["a"]).spec == ImageSpec(side=2, mode="RGB")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((np.zeros((2, 4)), ["a", "b"]), "type uint8"),
        ((np.zeros((2, 4), np.uint8), ["a"]), "label: expected 2 texts, got 1"),
        ((np.zeros((2, 5), np.uint8), ["a", "b"]), "side"),
    ],
)
def test_a_table_checks_itself(arguments, words):
    with pytest.raises(TableError, match=words):
        Table(*arguments)


def test_columns_named_like_fields_of_a_table_are_columns(tmp_path):
    text = "label,path,pixel0,labels,paths\na,p,1,x,y\n"
    (tmp_path / "t.csv").write_text(text)
    table = read_table(tmp_path / "t.csv")
    assert (table.labels.tolist(), table.paths.tolist()) == (["a"], ["p"])
    assert {name: list(column) for name, column in table.columns.items()} == {
        "labels": ["x"],
        "paths": ["y"],
    }
    write_table(table, tmp_path / "u.csv")
    assert (tmp_path / "u.csv").read_text() == text
    with pytest.raises(TableError, match="expected further ones, got 'label'"):
        Table(table.pixels, ["a"], None, {"label": ["b"]})


def test_rows_are_taken_with_all_they_have():
    table = Table(np.eye(4, dtype=np.uint8), list("abcd"), None, {"group": list("wxyz")})
    taken = table.take(np.array([2, 0]))
    assert (taken.labels.tolist(), taken.columns["group"].tolist()) == (["c", "a"], ["y", "w"])


def test_a_name_or_layout_that_is_none(table, tmp_path):
    with pytest.raises(UsageError, match=r"ending in .csv, .csv.gz or .npz"):
        write_table(table, tmp_path / "t.xlsx")
    with pytest.raises(UsageError, match="expected wide or vector"):
        write_table(table, tmp_path / "t.csv", "tall")


def idx(magic, sizes, data):
    return struct.pack(f">{1 + len(sizes)}I", magic, *sizes) + bytes(data)


@pytest.mark.parametrize("packed", [False, True])
def test_an_idx_pair_is_found_by_its_images(tmp_path, packed):
    ending, pack = (".gz", gzip.compress) if packed else ("", bytes)
    images = tmp_path / f"t10k-images-idx3-ubyte{ending}"
    images.write_bytes(pack(idx(0x803, (2, 2, 2), range(8))))
    (tmp_path / f"t10k-labels-idx1-ubyte{ending}").write_bytes(pack(idx(0x801, (2,), [7, 3])))
    table = read_table(images)
    assert table.labels.tolist() == ["7", "3"]
    assert table.pixels.tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]


@pytest.mark.parametrize(
    ("images", "labels", "words"),
    [
        (idx(0x803, (2, 2, 2), range(8)), None, "expected its labels in t-labels-idx1-ubyte"),
        (idx(0x803, (2, 2, 2), range(7)), b"", "expected .* bytes after the header, got 7"),
        (idx(0x803, (2, 2, 1), range(4)), b"", "expected square images, got 2x1"),
        (b"hello", b"", "expected an IDX file"),
        (idx(0x803, (1, 2, 2), range(4)), idx(0x801, (2,), [1, 2]), "expected 1 labels, got 2"),
    ],
)
def test_an_idx_pair_that_is_none(tmp_path, images, labels, words):
    (tmp_path / "t-images-idx3-ubyte").write_bytes(images)
    if labels is not None:
        (tmp_path / "t-labels-idx1-ubyte").write_bytes(labels)
    with pytest.raises(TableError, match=words):
        read_table(tmp_path / "t-images-idx3-ubyte")


def test_a_pipe_is_no_table(tmp_path):
    os.mkfifo(tmp_path / "t.csv")
    with pytest.raises(TableError, match="expected a table file, got a pipe or device"):
        read_table(tmp_path / "t.csv")


def test_rows_of_another_width_do_not_enter_a_table(tmp_path):
    with (
        pytest.raises(TableError, match="expected rows of 4 pixels, got 9"),
        table_writer(tmp_path / "t.npz", 4, None) as writer,
    ):
        writer.append(np.zeros((1, 9), np.uint8), ["a"], [""], {})
    assert not (tmp_path / "t.npz").exists()


def test_images_made_in_another_way_are_said(bars_table):
    made = ImageSpec(side=8, invert="auto")
    assert spec_notes(bars_table, made, "t.csv") == []  # who knows how it was made?
    table = Table(bars_table.pixels, bars_table.labels, spec=ImageSpec(side=8))
    assert spec_notes(table, made, "t.csv") == [
        "t.csv: its images were made in another way (invert no, not auto)"
    ]
    assert spec_notes(table, table.spec, "t.csv") == []
