"""The house stands: imports go down, modules are small, nothing is private across them."""

import ast
from pathlib import Path

import pytest

import sklimg

PACKAGE = Path(sklimg.__file__).parent
# Floor by floor; on a floor, a module may use those named before it. Floor 4 is
# one of strangers: its modules know nothing of each other.
FLOORS = (
    (
        "errors",
        "names",
        "spec",
        "partials",
        "files",
        "records",
        "regular",
        "partners",
        "spans",
        "extras",
    ),
    (
        *("workers", "markup"),
        *(
            "borders",
            "glyphs",
            "formats",
            "content",
            "jpeg",
            "modes",
            "opening",
            "images",
            "batches",
        ),
        *("sheets", "codes", "marks", "frames", "payloads", "forms"),
        *("paper", "warps", "pencils", "combs", "rules", "bends", "lattices", "grids"),
        *(
            "warpedcopies",
            "vectors",
            "layouts",
            "csvtable",
            "npz",
            "idx",
            "tablewriter",
            "table",
            "stacking",
        ),
        *("networks", "gradients", "optimisers", "schedules", "firstweights"),
        *("mlpparams", "descent", "epochs"),
        *("journal", "hog", "patches", "colours", "slants", "featurestore", "onnxgraphs", "views"),
        *("pixelrows", "digests", "modelfiles", "drawing", "pageparts"),
    ),
    (
        *("manifest", "cuts", "tiles", "listing", "looks", "imagestream", "classnames", "sources"),
        *("groups", "thumbnails", "neighbours", "alignment", "photographs"),
        *("duplicates", "additions", "making", "splits", "mosaics", "transformers"),
        *("features", "frozennets", "arraysteps", "backbone"),
        *("mlpinputs", "mlpstate", "plainmlp", "mlp", "watching", "augment"),
    ),
    (
        "presets",
        "pipeline",
        "fitting",
        "trials",
        "sharedfits",
        "foldfits",
        "foldruns",
        "races",
        "cluster",
        "arrayforms",
        "calibration",
    ),
    (
        *("search", "hyperband", "searchplots", "history", "evaluation", "model"),
        *("plots", "scoreplots", "pictureplots", "formpages", "reportpictures", "tablehtml"),
    ),
    (
        *(
            "grouping",
            "parts",
            "runfolder",
            "featurechoice",
            "saving",
            "runs",
            "verdicts",
            "runplots",
        ),
        *("runfiles", "runwords", "confusiontable", "reportfigures", "reportanswer"),
        *("reportsections", "reportorigin", "report", "modelcard", "comparison", "info", "export"),
        *(
            "recorded",
            "runwriter",
            "restoring",
            "growth",
            "gate",
            "learners",
            "spaces",
            "crossval",
            "telling",
            "heldback",
            "choosing",
            "assessment",
        ),
        *("testing", "settings", "unseen"),
        *("leaks", "inspection", "checkpage", "training", "readings"),
    ),
    ("retraining", "adoption"),
    ("serve",),
    ("cli",),
)
ROOMS = ("serve", "cli")  # folders, whose modules may use each other
STRANGERS = 4
PLACE = {name: (floor, i) for floor, names in enumerate(FLOORS) for i, name in enumerate(names)}
FILES = sorted(p for p in PACKAGE.rglob("*.py") if p.name not in ("__init__.py", "__main__.py"))


def module_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(path):
    """Return the modules of sklimg that a file imports, wherever it does."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("sklimg."):
            yield node.module.split(".")[1]
        if isinstance(node, ast.ImportFrom) and node.module == "sklimg":
            yield from (alias.name for alias in node.names)


def test_every_module_has_its_floor():
    assert {module_of(path) for path in FILES} == set(PLACE)


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_down(path):
    mine = PLACE[module_of(path)]
    for name in imports_of(path):
        if module_of(path) == name and name in ROOMS:
            continue
        theirs = PLACE[name]
        assert theirs < mine, f"{path.name} imports {name}, which is not below it"
        assert theirs[0] != mine[0] or mine[0] != STRANGERS, f"{path.name} imports {name} sideways"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_module_is_small_and_says_what_it_offers(path):
    tree = ast.parse(path.read_text())
    assert len(path.read_text().splitlines()) <= 300
    (names,) = (
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__"
    )
    assert names == sorted(names, key=lambda n: (not n.isupper(), not n[0].isupper(), n))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_module_uses_only_what_others_offer(path):
    """Neither names that begin with _, of ours or of scikit-learn, nor what is not in __all__."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            private = [p for p in node.module.split(".") if p.startswith("_")]
            assert not private, node.module
            if node.module.startswith("sklimg.") and module_of(path) != "cli":
                offered = __import__(node.module, fromlist=["__all__"]).__all__
                for alias in node.names:
                    assert alias.name in offered, f"{node.module}.{alias.name}"


def test_the_house_in_the_tour_is_the_house():
    tour = (PACKAGE.parent / "CONTRIBUTING.md").read_text()
    for name in PLACE:
        assert f"{name}.py" in tour or f"{name}/" in tour, name
