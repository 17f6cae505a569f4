"""What is installed is whole: entry points, data, every module, the lazy names."""

import subprocess
import sys
import zipfile
from configparser import ConfigParser
from importlib.metadata import entry_points, version
from importlib.resources import files
from pathlib import Path

import pytest

import sklimg

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def config():
    parser = ConfigParser()
    parser.read(ROOT / "setup.cfg")
    return parser


def test_the_entry_points_load(config):
    scripts = {
        entry.name: entry
        for entry in entry_points(group="console_scripts")
        if entry.value.startswith("sklimg")
    }
    lines = config["options.entry_points"]["console_scripts"].split("\n")
    assert set(scripts) == {line.split("=")[0].strip() for line in lines if line}
    for entry in scripts.values():
        assert callable(entry.load())


def test_package_data_opens():
    assert files("sklimg").joinpath("py.typed").read_text() == ""
    names = ("check.html", "report.html", "report.css", "report.js", "MODEL_CARD.md")
    names += ("serve.html", "serveanswer.html", "servedocs.html", "serve.css")
    for name in (*names, "page/page.css", "page/main.js"):
        assert files("sklimg").joinpath("templates", name).read_text()


@pytest.mark.parametrize("name", sklimg.__all__)
def test_every_public_name_is_there_and_documented(name):
    assert getattr(sklimg, name).__doc__
    assert name in dir(sklimg)


def test_the_verbs_of_the_library():
    verbs = {
        "split_sheet",
        "read_image",
        "read_table",
        "write_table",
        "build_pipeline",
        "fit",
        "load",
    }
    assert verbs <= set(sklimg.__all__)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'bogus'"):
        sklimg.bogus  # noqa: B018


def test_the_version_stands_in_one_place(config):
    assert sklimg.__version__ == version("sklimg") == config["metadata"]["version"]
    texts = [path.read_text() for path in (ROOT / "sklimg").rglob("*.py")]
    assert not [text for text in texts if config["metadata"]["version"] in text]


def test_importing_costs_nothing():
    code = (
        "import sys, sklimg; "
        "print(sorted({'numpy', 'sklearn', 'PIL', 'click', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_type_checkers_see_the_public_names():
    """The lazy names and those under TYPE_CHECKING are the same, from the same modules."""
    text = (ROOT / "sklimg" / "__init__.py").read_text()
    for name in sklimg.__all__:
        module = getattr(sklimg, name).__module__
        assert f"    from {module} import {name} as {name}\n" in text


def test_the_wheel_holds_every_module(tmp_path):
    command = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        str(tmp_path),
        str(ROOT),
    ]
    subprocess.run(command, capture_output=True, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    ours = {str(p.relative_to(ROOT)) for p in (ROOT / "sklimg").rglob("*.py")}
    templates = (ROOT / "sklimg" / "templates").rglob("*")
    ours |= {str(p.relative_to(ROOT)) for p in templates if p.is_file()}
    assert ours | {"sklimg/py.typed"} <= held
    assert not [name for name in held if name.startswith(("tests/", "tools/"))]


def test_extras_are_not_promised_in_vain(config):
    """A pip line in the code names an extra that is there; of others, see test_extras."""
    extras = set(config["options.extras_require"])
    for path in (ROOT / "sklimg").rglob("*.py"):
        for part in path.read_text().split("sklimg[")[1:]:
            assert part.split("]")[0] in extras | {"{extra}"}, path
