"""Names that stand in one place only."""

from sklimg import names
from sklimg.records import read_records
from sklimg.tiles import cut_sheets


def test_a_folder_of_tiles_holds_its_own_files_and_tiles_alone(sheet_file, tmp_path):
    cut_sheets([sheet_file], (1, 1), tmp_path / "out")
    held = {path.name for path in (tmp_path / "out").iterdir()}
    assert held == {*names.OWN_FILES, "sheet_r01_c01.png"}
    assert all(read_records(tmp_path / "out" / name) for name in names.OWN_FILES)


def test_the_newest_run_is_in_artifacts():
    assert names.LATEST.parent == names.ARTIFACTS
