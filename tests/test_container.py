"""The container: what its Dockerfile says is done, without an engine; compose.yaml is sound.

The installation is made in a folder that stands for the image, and what would run in a
container runs there: as its user, in its environment, with the paths of that folder.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import yaml

from sklimg.cli import main
from sklimg.images import encode_image
from sklimg.model import load
from sklimg.serve.tokens import read_token
from tests.kills import SKLIMG
from tests.serving import Served

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
NGINX = (ROOT / "tools" / "proxy" / "nginx.conf").read_text()
IS_ROOT = os.geteuid() == 0


def instructions():
    """Return (name, text) of each instruction of the Dockerfile, the stages apart."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    text = re.sub(r"\\\n\s*", "", text)
    stages, pairs = [], [line.partition(" ")[::2] for line in text.splitlines() if line]
    for name, rest in pairs:
        if name == "FROM":
            stages.append([])
        elif stages:
            stages[-1].append((name, rest))
    return stages


BUILD, FINAL = instructions()


def only(name):
    """Return the text of the one instruction of that name in the last stage."""
    (text,) = [rest for found, rest in FINAL if found == name]
    return text


def health_words():
    return json.loads(only("HEALTHCHECK").partition(" CMD ")[2])


def environment():
    return dict(re.findall(r"(\w+)=(\S+)", only("ENV"))) | {"PATH": "/usr/local/bin:/usr/bin:/bin"}


def as_user():
    """Return what starts a process as the container's user, where that is allowed."""
    uid, gid = only("USER").split(":")
    words = ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", "--no-new-privs"]
    folders = Path(sys.executable).resolve().parents
    if not all(folder.stat().st_mode & 0o001 for folder in folders):
        # the interpreter of the tests is root's own: it may be looked for there, no more
        words += [f"--{kind}-caps=-all,+dac_read_search" for kind in ("inh", "ambient")]
    return words if IS_ROOT else []


@pytest.fixture(scope="module")
def image():
    """A folder that stands for the image: others can go through it, unlike pytest's own."""
    place = Path(tempfile.mkdtemp(prefix="sklimg-image-"))
    place.chmod(0o755)
    yield place
    shutil.rmtree(place)


def within(image, text):
    """Return a text with the paths of the image led into the folder that stands for it."""
    return re.sub(r"(?<![\w.])/(src|wheels|opt|model|data)\b", rf"{image}/\1", text)


def copy(image, text, folder):
    """Do what a COPY says, of a checkout that was made under umask 077."""
    flags, sources, target = copied(text)
    (mode,) = [flag.partition("=")[2] for flag in flags] or [None]
    place = Path(within(image, target)) if target.startswith("/") else folder / target
    for source in map(ROOT.joinpath, sources):
        if source.is_dir():
            shutil.copytree(source, place, ignore=shutil.ignore_patterns("__pycache__"))
            made = [place, *place.rglob("*")]
        else:
            made = [Path(shutil.copyfile(source, place / source.name if place.is_dir() else place))]
        for path in made:
            path.chmod(int(mode, 8) if mode else path.stat().st_mode & 0o700)


def copied(text):
    """Return (flags, sources, target) of a COPY."""
    words = text.split()
    flags = [word for word in words if word.startswith("--")]
    *sources, target = words[len(flags) :]
    return flags, sources, target


def reaches_an_index(image):
    words = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-cache-dir"]
    words += ["--dest", image / "probe", "click"]
    return subprocess.run(words, capture_output=True).returncode == 0


@pytest.fixture(scope="module")
def built(image):
    """The image after all of its RUN and COPY lines."""
    for stage in (BUILD, FINAL):
        folder = image
        for name, text in stage:
            if name == "WORKDIR":
                folder = Path(within(image, text))
                folder.mkdir()
            elif name == "COPY" and not text.startswith("--from=build /opt/sklimg /opt/sklimg"):
                copy(image, text, folder)
            elif name == "RUN":
                # pip's cache spares the index; what is not compiled is only slower to start
                text = text.replace("install --no-cache-dir", "install --no-compile")
                text = text.replace(" --no-cache-dir", "")
                text = text if IS_ROOT else re.sub(r" -[og] \d+", "", text)
                run(image, within(image, text), folder)
    return image


def run(image, text, folder):
    environment = os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}"}
    done = subprocess.run(["sh", "-ec", text], cwd=folder, env=environment, capture_output=True)
    if done.returncode and "pip" in text and not reaches_an_index(image):
        pytest.skip("pip reaches no index: what the image installs cannot be installed")
    assert done.returncode == 0, done.stderr.decode()


@pytest.fixture(scope="module")
def container(built, bars_run):
    """The service as the container would start it, and its files."""
    shutil.copytree(bars_run.path, built / "model", dirs_exist_ok=True)
    for path in [built / "model", *(built / "model").rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def words(listed):
        return [*as_user(), *(within(built, w).replace("8000", str(port)) for w in listed)]

    how = {"cwd": "/", "env": environment()}

    def health():
        return subprocess.run(words(health_words()), capture_output=True, text=True, **how)

    before = health()
    with (built / "log").open("w") as log:
        process = subprocess.Popen(
            words(json.loads(only("ENTRYPOINT"))), stdout=log, stderr=log, **how
        )
    end = time.monotonic() + 60
    while health().returncode and process.poll() is None and time.monotonic() < end:
        time.sleep(0.2)
    assert process.poll() is None, (built / "log").read_text()
    yield SimpleNamespace(process=process, port=port, health=health, before=before, files=built)
    process.kill()
    process.wait()


def test_hadolint_finds_nothing():
    done = subprocess.run([BIN / "hadolint", ROOT / "Dockerfile"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_installation_is_whole_and_has_no_more_than_it_needs(built):
    names = {path.name.lower() for path in built.glob("opt/sklimg/lib/python*/site-packages/*")}
    assert {"sklimg", "fastapi", "uvicorn", "sklearn"} <= names
    assert not names & {"pip", "pytest", "torch", "dask", "tests", "tools"}
    installed = [path for path in built.glob("opt/**/*") if path.is_file()]
    assert [path for path in installed if not path.stat().st_mode & 0o004] == []


def test_it_runs_from_its_start_to_its_end(container):
    """Its own health check finds it; it answers; SIGTERM ends it with 0."""
    assert container.before.returncode == 1
    assert container.before.stdout.startswith("no answer: ")
    healthy = container.health()
    assert (healthy.returncode, healthy.stdout[:4]) == (0, "200 "), healthy
    token = (container.files / "data" / "token").read_text().strip()
    served = Served(container.port, token=token)
    picture = np.zeros((8, 8), np.uint8)
    picture[1] = 200
    assert served.images(encode_image(picture)).status == 401
    answer = served.images(encode_image(picture), **served.bearer)
    assert answer.status == 200
    assert answer.json["predictions"][0]["label"] == "10"
    (container.files / "data" / "token").write_text("another token than its own")
    refused = container.health()
    assert (refused.returncode, refused.stdout[:4]) == (1, "401 ")
    container.process.send_signal(signal.SIGTERM)
    assert container.process.wait(40) == 0, (container.files / "log").read_text()
    assert container.health().returncode == 1


@pytest.mark.skipif(not IS_ROOT, reason="only root can become the container's user")
def test_it_owns_its_data_and_nothing_else(container):
    uid = int(only("USER").partition(":")[0])
    owned = {path for path in container.files.rglob("*") if path.stat().st_uid == uid}
    assert owned
    assert all(path.is_relative_to(container.files / "data") for path in owned)
    assert (container.files / "data").stat().st_mode & 0o777 == 0o700


def test_the_user_is_a_number_and_not_root():
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", only("USER"))


def test_no_place_of_the_image_is_mounted_twice():
    """A VOLUME comes again beside the tmpfs of compose when a container is made anew."""
    assert "VOLUME" not in dict(FINAL)


def test_no_secret_is_baked_in():
    assert not re.search(r"token\b.*=|password|secret", (ROOT / "Dockerfile").read_text(), re.I)
    ignored = (ROOT / ".dockerignore").read_text().split("\n")
    assert next(line for line in ignored if line and line[0] != "#") == "*"


def test_what_is_copied_is_not_ignored():
    """And nothing else of the checkout is sent to the engine."""
    ignored = (ROOT / ".dockerignore").read_text().split("\n")
    let = {line[1:] for line in ignored if line.startswith("!")}
    copies = [copied(text) for name, text in BUILD + FINAL if name == "COPY"]
    sources = [
        of for flags, of, _ in copies if not any(flag.startswith("--from=") for flag in flags)
    ]
    assert let == {source.removeprefix("./") for of in sources for source in of}


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((ROOT / "compose.yaml").read_text())


@pytest.fixture(scope="module")
def services(compose):
    """The services of compose.yaml but for the proxy."""
    return {name: told for name, told in compose["services"].items() if name != "proxy"}


def test_compose_is_valid():
    words = [BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run([*words, ROOT / "compose.yaml"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_every_service_is_locked_up_and_bounded(compose):
    for name, told in compose["services"].items():
        assert told["read_only"] is True, name
        assert told["cap_drop"] == ["ALL"], name
        assert told["security_opt"] == ["no-new-privileges:true"], name
        assert set(told["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}, name
        assert told["restart"] == "unless-stopped"
        assert told["healthcheck"]["test"][0] == "CMD"
        assert "environment" not in told or set(told["environment"]) == {"SKLIMG_TOKEN_FILE"}
        assert [mount for mount in told["volumes"] if mount["type"] == "bind"] == [
            mount for mount in told["volumes"] if mount.get("read_only")
        ]


def test_only_the_proxy_is_reached_and_it_waits_for_those_that_answer(compose, services):
    assert not any("ports" in told for told in services.values())
    assert compose["networks"]["inner"] == {"internal": True}
    assert all(list(told["networks"]) == ["inner"] for told in services.values())
    waits = compose["services"]["proxy"]["depends_on"]
    assert waits == {f"answer-{k}": {"condition": "service_healthy"} for k in (1, 2)}


def told_by_default(text):
    """Return a word of compose.yaml as it is where no variable is set."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)


def seconds(text):
    return int(re.fullmatch(r"(\d+)s", text)[1])


def test_ports_lead_from_this_machine_to_the_proxy_and_to_the_services(compose, services):
    proxy = compose["services"]["proxy"]
    published = [told_by_default(port).split(":") for port in proxy["ports"]]
    assert {address for address, _, _ in published} == {"127.0.0.1"}
    assert [port for _, _, port in published] == re.findall(r"listen (\d+);", NGINX)
    (well,) = re.findall(r"listen (127\.0\.0\.1:\d+);", NGINX)
    assert proxy["healthcheck"]["test"][-1] == f"http://{well}/"
    names = {
        name for told in services.values() for name in told["networks"]["inner"].get("aliases", [])
    }
    asked = re.findall(r"(?:server|set \$learner) (\w+):(\d+)", NGINX)
    assert asked == [(*names, only("EXPOSE")), ("learn", only("EXPOSE"))]
    for told in services.values():
        asks = told["healthcheck"]["test"][-2]
        assert asks == f"http://127.0.0.1:{only('EXPOSE')}/health/ready"


def test_who_stops_has_the_time_that_it_needs(compose, services):
    """A service ends within 35 s; the proxy ends what it has begun."""
    assert all(told["init"] is True for told in services.values())
    assert all(seconds(told["stop_grace_period"]) > 35 for told in services.values())
    grace = seconds(compose["services"]["proxy"]["stop_grace_period"])
    assert grace > seconds(re.search(r"worker_shutdown_timeout (\w+);", NGINX)[1])


def test_the_proxy_is_not_root_and_one_address_cannot_fill_its_memory(compose):
    proxy = compose["services"]["proxy"]
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", proxy["user"])
    (held,) = [int(re.search(r"size=(\d+)m", place)[1]) for place in proxy["tmpfs"]]
    bounds = [re.search(rf"{name} (\d+);", NGINX)[1] for name in ("clients", "max_body_size")]
    assert int(bounds[0]) * int(bounds[1]) < held * 2**20


def test_what_is_mounted_is_there_or_made_by_the_commands_of_the_page(compose):
    """And others than its owner may read it, whatever mask it was made under."""
    (commands,) = [block for block in blocks("sh") if "> secrets/token" in block]
    mounts = [mount for told in compose["services"].values() for mount in told["volumes"]]
    sources = {told_by_default(m["source"]) for m in mounts if m["type"] == "bind"}
    assert sources == {"./model", "./tools/proxy/nginx.conf"}
    assert (ROOT / "tools/proxy/nginx.conf").is_file()
    assert "cp -rT run model\nchmod -R a+rX model\nchmod a+r tools/proxy/nginx.conf\n" in commands


def test_those_that_answer_keep_nothing_and_the_one_that_learns_keeps_all(compose, services):
    uid, gid = only("USER").split(":")
    for name, told in services.items():
        in_memory = [mount for mount in told["tmpfs"] if mount.startswith("/data:")]
        kept = [mount for mount in told["volumes"] if mount["target"] == "/data"]
        learns = name == "learn"
        assert (len(in_memory), len(kept)) == ((0, 1) if learns else (1, 0))
        assert learns or f"mode=0700,uid={uid},gid={gid}" in in_memory[0]
        assert told.get("profiles") == (["learn"] if learns else None)
        is_known_to_proxy = told["networks"]["inner"].get("aliases") == ["answer"]
        assert is_known_to_proxy is not learns
        assert told["hostname"] == name  # by which it may be asked for counters
    assert kept[0]["source"] in compose["volumes"]


def test_all_share_one_token(compose, services, tmp_path):
    for told in services.values():
        assert told["secrets"] == ["token"]
        assert told["environment"]["SKLIMG_TOKEN_FILE"] == "/run/secrets/token"
    assert compose["secrets"] == {"token": {"file": "./secrets/token"}}


def test_the_words_of_compose_are_those_of_the_command(services):
    for told in services.values():
        words = [*json.loads(only("ENTRYPOINT"))[2:], *told["command"]]
        parsed = main.commands["serve"].make_context("serve", words).params
        assert (parsed["host"], parsed["port"]) == ("0.0.0.0", int(only("EXPOSE")))
        (model,) = [mount for mount in told["volumes"] if mount["type"] == "bind"]
        assert model["target"] == str(parsed["model"])
        data = [mount["target"] for mount in told["volumes"] if mount["type"] == "volume"]
        assert [*told["tmpfs"], *data][-1].partition(":")[0] == str(parsed["data"])
        assert told["healthcheck"]["test"][1:] == [
            word.replace("/live", "/ready") for word in health_words()
        ]


def blocks(language):
    """Return the blocks of a language on the page about deployment."""
    page = (ROOT / "docs" / "deployment.md").read_text()
    return re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)


def test_the_commands_of_the_page_make_the_token_that_compose_takes(tmp_path):
    (text,) = [block for block in blocks("sh") if "> secrets/token" in block]
    lines = [line for line in text.splitlines() if re.search("^(mkdir|python3|chmod 0)", line)]
    subprocess.run(["sh", "-ec", "\n".join(lines)], cwd=tmp_path, check=True)
    token, _, is_new = read_token(tmp_path / "data", tmp_path / "secrets" / "token")
    assert len(token) >= 40
    assert not is_new


def done_by_hand(text, cwd):
    """Run commands of the page where docker does nothing."""
    (cwd / "bin").mkdir(exist_ok=True)
    (cwd / "bin" / "docker").write_text("#!/bin/sh\n")
    (cwd / "bin" / "docker").chmod(0o755)
    environment = os.environ | {"PATH": f"{cwd / 'bin'}:{os.environ['PATH']}"}
    subprocess.run(["sh", "-ec", text], cwd=cwd, env=environment, check=True)


def test_a_newer_model_may_come_again_and_again(tmp_path):
    (text,) = [block for block in blocks("sh") if "model.old" in block]
    (first,) = [block for block in blocks("sh") if "> secrets/token" in block]
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "0").touch()
    for _ in range(2):
        done_by_hand("".join(re.findall(r"(?m)^.* model\n", first)), tmp_path)
    for number in (1, 2, 3):
        (tmp_path / "model.new").mkdir()
        (tmp_path / "model.new" / str(number)).touch()
        done_by_hand(text, tmp_path)
        listed = [
            [path.name for path in (tmp_path / at).iterdir()] for at in ("model", "model.old")
        ]
        assert listed == [[str(number)], [str(number - 1)]]
        assert not (tmp_path / "model.new").exists()


def test_the_page_names_a_token_so_that_the_health_check_knows_it():
    page = (ROOT / "docs" / "deployment.md").read_text()
    (variable,) = re.findall(r"`--env (\w+)=/run/token`", page)
    health = (ROOT / "tools" / "container" / "health.py").read_text()
    assert variable in health
    assert variable in {option.envvar for option in main.commands["serve"].params}


def test_the_run_of_a_model_is_found_by_the_command_of_the_page(bars_run, tmp_path):
    (text,) = re.findall(r"sh -c '(sha256sum .*)'", "".join(blocks("sh")))
    shutil.copytree(bars_run.path, tmp_path / "data" / "runs" / "some")
    text = text.replace("/data", f"{tmp_path}/data")
    done = subprocess.run(["sh", "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(load(bars_run.path).id)


def test_compose_with_the_lines_for_tls_is_valid(tmp_path):
    (text,) = blocks("yaml")
    (tmp_path / "override.yaml").write_text(text)
    words = [BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run([*words, tmp_path / "override.yaml"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_understands_the_unit_of_the_page(tmp_path):
    (text,) = blocks("ini")
    words = re.search(r"^ExecStart=/opt/sklimg/bin/sklimg serve (.*)$", text, re.MULTILINE)[1]
    assert main.commands["serve"].make_context("serve", words.split()).params["model"]
    unit = tmp_path / "sklimg.service"
    unit.write_text(
        text.replace("/opt/sklimg/bin/sklimg", SKLIMG).replace("User=sklimg\n", "User=root\n")
    )
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
