"""Every file below a folder is listed, as an image or as a reject."""

import os
import shutil

import pytest

from sklimg.errors import DataError, TableError, UsageError
from sklimg.listing import list_images
from tests.builders import noise, write_images


def labels_of(listing):
    return {item.name: item.label for item in listing.items}


def test_a_class_is_the_folder_that_holds_the_image(photos):
    listing = list_images(photos)
    assert [(item.name, item.label) for item in listing.items] == [
        ("2/a.png", "2"),
        ("2/b.png", "2"),
        ("deep/10/c.png", "10"),
        ("deep/10/d.png", "10"),
    ]


def test_order_is_natural(tmp_path):
    names = ["10/1.png", "9/10.png", "9/9.png"]
    write_images(tmp_path, dict(zip(names, noise(3), strict=True)))
    assert list(labels_of(list_images(tmp_path))) == ["9/9.png", "9/10.png", "10/1.png"]


def test_what_systems_leave_behind_is_ignored(photos):
    for name in (".DS_Store", "2/Thumbs.db", "__MACOSX/2/._a.png", ".ipynb_checkpoints/a.png"):
        (photos / name).parent.mkdir(parents=True, exist_ok=True)
        (photos / name).write_bytes(b"junk")
    listing = list_images(photos)
    assert len(listing.items) == 4
    assert {code for _, code, _ in listing.rejects} == {"ignored"}
    assert len(listing.rejects) == 4


def test_links_that_leave_the_folder_are_refused(photos, tmp_path):
    write_images(tmp_path, {"outside/x.png": noise(1)[0]})
    (photos / "2" / "inside.png").symlink_to("a.png")
    (photos / "2" / "outside.png").symlink_to(tmp_path / "outside" / "x.png")
    (photos / "folder").symlink_to(tmp_path / "outside")
    (photos / "self").symlink_to("self")
    listing = list_images(photos)
    assert "2/inside.png" in labels_of(listing)
    assert sorted((name, code) for name, code, _ in listing.rejects) == [
        ("2/outside.png", "link"),
        ("folder", "link"),
    ]


def test_a_name_that_is_not_utf8_is_a_reject(photos):
    with open(os.path.join(os.fsencode(photos), b"\xff.png"), "wb"):  # noqa: PTH118, PTH123
        pass
    assert list_images(photos).rejects == [
        ("\\xff.png", "bad_name", "the name is not UTF-8; rename it")
    ]


def test_classes_of_one_name_are_joined_and_said(tmp_path):
    write_images(tmp_path, dict(zip(["x/cat/1.png", "y/cat/2.png"], noise(2), strict=True)))
    listing = list_images(tmp_path)
    assert set(labels_of(listing).values()) == {"cat"}
    assert "1 class name on several folders, joined: cat" in listing.notes[0]


def test_a_manifest_tells_what_there_is(photos):
    (photos / "manifest.csv").write_text("path,label\n2/a.png,NA\nabsent.png,x\n")
    assert labels_of(list_images(photos)) == {"2/a.png": "NA", "absent.png": "x"}
    assert labels_of(list_images(photos, "folder"))["2/a.png"] == "2"


def test_a_manifest_further_down_tells_of_its_folder(photos):
    (photos / "2" / "manifest.csv").write_text("path,label\na.png,two\n")
    labels = labels_of(list_images(photos))
    assert labels == {"2/a.png": "two", "deep/10/c.png": "10", "deep/10/d.png": "10"}


def test_what_a_manifest_does_not_mention_is_a_reject(photos):
    """Nothing is lost: the files that describe tiles are ignored, the others told."""
    (photos / "manifest.csv").write_text("path,label\n2/a.png,x\n")
    (photos / "sheets.csv").write_text("sheet\n")
    listing = list_images(photos)
    assert sorted((name, code) for name, code, _ in listing.rejects) == [
        ("2/b.png", "unlisted"),
        ("deep/10/c.png", "unlisted"),
        ("deep/10/d.png", "unlisted"),
        ("manifest.csv", "ignored"),
        ("sheets.csv", "ignored"),
    ]


def test_a_manifest_does_not_lead_out_of_its_folder(photos, tmp_path):
    write_images(tmp_path, {"x.png": noise(1)[0]})
    (photos / "manifest.csv").write_text("path,label\n../x.png,x\n2/a.png,y\n")
    listing = list_images(photos)
    assert list(labels_of(listing)) == ["2/a.png"]
    assert ("../x.png", "link") in [(name, code) for name, code, _ in listing.rejects]


def test_a_path_that_stands_twice_is_refused(photos):
    (photos / "manifest.csv").write_text("path,label\n2/a.png,x\n2/a.png,y\n")
    with pytest.raises(TableError, match="'2/a.png' stands twice; which label is right"):
        list_images(photos)


def test_a_map_may_hold_groups(photos, tmp_path):
    text = "path,label,group,note\nphotos/2/a.png,two,g1,x\n"
    (tmp_path / "map.csv").write_text(text)
    (item,) = list_images(tmp_path / "map.csv").items
    assert (item.name, item.label, item.columns) == ("photos/2/a.png", "two", {"group": "g1"})


def test_labels_by_other_ways(photos, tmp_path):
    assert set(labels_of(list_images(photos, "none")).values()) == {""}
    (tmp_path / "labels.csv").write_text("path,label\n2/a.png,é\ngone.png,x\n")
    listing = list_images(photos, str(tmp_path / "labels.csv"))
    assert labels_of(listing) == {"2/a.png": "é"}
    assert [code for _, code, _ in listing.rejects] == ["no_label"] * 3 + ["missing"]


def test_one_image_is_its_own_source(photos):
    assert labels_of(list_images(photos / "2" / "a.png")) == {"a.png": "2"}


def test_sources_that_are_none(photos, tmp_path):
    with pytest.raises(DataError, match="absent: no such file or folder"):
        list_images(tmp_path / "absent")
    with pytest.raises(TableError, match=r"expected a manifest.csv in it"):
        list_images(photos, "manifest")
    (tmp_path / "t.csv").write_text("label,pixel0\na,1\n")
    with pytest.raises(UsageError, match="got a table of vectors"):
        list_images(tmp_path / "t.csv")
    (tmp_path / "u.csv").write_text("label,picture\na,1\n")
    with pytest.raises(TableError, match="expected a map with the columns path,label or a table"):
        list_images(tmp_path / "u.csv")


def test_what_a_manifest_names_is_no_junk_unless_the_manifest_is(tmp_path):
    """Tiles may be labelled .NET or __MACOSX; a manifest in a hidden folder counts for nothing."""
    for place in (tmp_path / "tiles", tmp_path / ".old"):
        files = {".NET/a.png": noise(1)[0], "__MACOSX/b.png": noise(1)[0], ".c.png": noise(1)[0]}
        write_images(place, files)
        (place / "manifest.csv").write_text(
            "path,label\n.NET/a.png,.NET\n__MACOSX/b.png,__MACOSX\n"
        )
    listing = list_images(tmp_path)
    assert [(i.name, i.label) for i in listing.items] == [
        ("tiles/.NET/a.png", ".NET"),
        ("tiles/__MACOSX/b.png", "__MACOSX"),
    ]
    ignored = [name for name, code, _ in listing.rejects if code == "ignored"]
    assert ignored == [
        ".old/.NET/a.png", ".old/.c.png", ".old/__MACOSX/b.png", ".old/manifest.csv",
        "tiles/.c.png", "tiles/manifest.csv",
    ]  # fmt: skip


def test_classes_stand_in_natural_order_and_empty_folders_count_for_nothing(tmp_path):
    names = [f"{i}/a.png" for i in range(12, 0, -1)]
    write_images(tmp_path, dict(zip(names, noise(12), strict=True)))
    for name in ("empty", ".hidden/13", ".ipynb_checkpoints", "__MACOSX/1"):
        (tmp_path / name).mkdir(parents=True)
    write_images(tmp_path, {".hidden/13/a.png": noise(1)[0]})
    listing = list_images(tmp_path)
    assert [item.label for item in listing.items] == [str(i) for i in range(1, 13)]
    assert [(name, code) for name, code, _ in listing.rejects] == [(".hidden/13/a.png", "ignored")]


def test_files_and_folders_between_each_other_stand_in_natural_order(tmp_path):
    """Part by part: a folder stands where its name does among the files beside it."""
    names = ["a2.png", "a10/1.png", "a10/x/9.png", "a10/x/10.png", "a11.png", "b.png", "b/0.png"]
    names = [name if name != "b.png" else "b+.png" for name in names]
    write_images(tmp_path, dict(zip(names, noise(7), strict=True)))
    assert list(labels_of(list_images(tmp_path))) == [*names[:5], "b/0.png", "b+.png"]


def test_a_folder_that_vanishes_while_it_is_listed_is_a_reject(photos, monkeypatch):
    walk = os.walk

    def walking(top, onerror):
        for folder, below, names in walk(top, onerror=onerror):
            yield folder, below, names
            if "2" in below:
                shutil.rmtree(photos / "2")

    monkeypatch.setattr(os, "walk", walking)
    listing = list_images(photos)
    assert [(name, code) for name, code, _ in listing.rejects] == [("2", "missing")]
    assert len(listing.items) == 2


def test_a_manifest_through_a_link_does_not_lead_out(photos, tmp_path):
    write_images(tmp_path, {"outside/x.png": noise(1)[0]})
    (photos / "folder").symlink_to(tmp_path / "outside")
    (photos / "manifest.csv").write_text("path,label\nfolder/x.png,x\n2/a.png,y\n")
    listing = list_images(photos)
    assert list(labels_of(listing)) == ["2/a.png"]
    assert ("folder/x.png", "link") in [(name, code) for name, code, _ in listing.rejects]


def test_a_manifest_that_is_a_link_out_is_not_even_read(photos, tmp_path):
    (tmp_path / "elsewhere.csv").write_text("path,label\n2/a.png,secret\n")
    (photos / "manifest.csv").symlink_to(tmp_path / "elsewhere.csv")
    listing = list_images(photos)
    assert labels_of(listing)["2/a.png"] == "2"
    assert [reject[:2] for reject in listing.rejects] == [("manifest.csv", "link")]
    with pytest.raises(TableError, match="found none, or a link that leads out of it"):
        list_images(photos, labels="manifest")
    (photos / "manifest.csv").unlink()
    (photos / "deep" / "list.csv").write_text("path,label\n2/a.png,inside\n")
    (photos / "manifest.csv").symlink_to("deep/list.csv")
    assert labels_of(list_images(photos)) == {"2/a.png": "inside"}


def test_a_manifest_that_is_a_pipe_is_an_error_not_a_wait(photos):
    os.mkfifo(photos / "manifest.csv")
    with pytest.raises(TableError, match="manifest.csv: expected a CSV file, got a pipe"):
        list_images(photos)


def test_tables_among_the_images_are_ignored(photos):
    """Those that something describes; another CSV is a reject to be looked at."""
    for name in ("t.csv", "t.csv.json", "t.csv.rejects.csv", "u.npz", "u.npz.json", "v.csv"):
        (photos / "2" / name).write_text("x")
    listing = list_images(photos)
    codes = {name: code for name, code, _ in listing.rejects}
    ignored = ("t.csv", "t.csv.json", "t.csv.rejects.csv", "u.npz", "u.npz.json")
    assert codes == {f"2/{name}": "ignored" for name in ignored}
    assert "2/v.csv" in labels_of(listing)


def test_one_image_by_itself_may_be_a_link_but_must_have_a_name(photos, tmp_path):
    (tmp_path / "link.png").symlink_to(photos / "2" / "a.png")
    assert [item.name for item in list_images(tmp_path / "link.png").items] == ["link.png"]
    (photos / "2" / ".hidden.png").write_bytes((photos / "2" / "a.png").read_bytes())
    assert len(list_images(photos / "2" / ".hidden.png").items) == 1
    odd = os.fsdecode(os.path.join(os.fsencode(photos), b"caf\xe9.png"))  # noqa: PTH118
    os.link(photos / "2" / "a.png", odd)
    listing = list_images(odd)
    assert (listing.items, listing.rejects[0][:2]) == ([], ("caf\\xe9.png", "bad_name"))


@pytest.mark.parametrize("again", ["./2/a.png", "2//a.png", "deep/../2/a.png"])
def test_one_picture_stands_in_a_map_once_however_it_is_spelt(photos, again):
    (photos / "map.csv").write_text(f"path,label\n2/a.png,x\n{again},y\n")
    with pytest.raises(TableError, match="the path '2/a.png' stands twice; which label is right"):
        list_images(photos / "map.csv")
