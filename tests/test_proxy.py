"""The proxy of compose.yaml, run as it is configured, in front of services of this machine."""

import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from sklimg.images import encode_image
from sklimg.serve.guard import MOST_BODY
from tests.kills import SKLIMG
from tests.serving import FORM, TOKEN, Served, form, received

ROOT = Path(__file__).parents[1]
CONFIG = (ROOT / "tools" / "proxy" / "nginx.conf").read_text()
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
BEARER = {"Authorization": f"Bearer {TOKEN}"}
PICTURE = encode_image(np.eye(8, dtype=np.uint8) * 200)
QUESTION = form(PICTURE)

needs_nginx = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")


def free_ports(count):
    """Return ports that nobody listens on."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for sock in sockets:
            sock.bind(("127.0.0.1", 0))
        return [sock.getsockname()[1] for sock in sockets]
    finally:
        for sock in sockets:
            sock.close()


def knows_resolve():
    """Return whether this nginx looks up names of an upstream again, as of 1.27.3."""
    told = subprocess.run([NGINX, "-v"], capture_output=True, text=True).stderr
    return tuple(map(int, re.search(r"(\d+)\.(\d+)\.(\d+)", told).groups())) >= (1, 27, 3)


def configured(place, answers, learner, text, secrets):
    """Return the configuration with ports of this machine, and these ports."""
    main, learn, well = free_ports(3)
    (line,) = re.findall(r"server answer:8000 .*\n", text)
    servers = "".join(line.replace("answer:8000", f"127.0.0.1:{port}") for port in answers)
    servers = servers if knows_resolve() else servers.replace(" resolve", "")
    changes = {
        "/tmp/": f"{place}/",
        line: servers,
        "learn:8000": f"127.0.0.1:{learner}",
        "/dev/stdout": f"{place}/log",
    }
    changes |= {"listen 8080": f"listen 127.0.0.1:{main}", "127.0.0.1:8002": f"127.0.0.1:{well}"}
    changes |= {"listen 8001": f"listen 127.0.0.1:{learn}"}
    changes |= {"/run/secrets/": f"{secrets}/"} if secrets else {}
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    return text, main, learn, well


@contextmanager
def proxying(answers, learner, text=CONFIG, secrets=None):
    """Run nginx while the block runs, as nobody where root may choose."""
    with tempfile.TemporaryDirectory(prefix="sklimg-proxy-") as name:
        place, how = Path(name), {}
        text, main, learn, well = configured(place, answers, learner, text, secrets)
        (place / "nginx.conf").write_text(text)
        if os.geteuid() == 0:
            how = {"user": 65534, "group": 65534, "extra_groups": []}
            os.chown(place, 65534, 65534)
        words = [NGINX, "-c", place / "nginx.conf", "-e", "stderr"]
        tested = subprocess.run([*words, "-t"], capture_output=True, text=True, **how)
        assert tested.returncode == 0, tested.stderr
        with (place / "errors").open("w") as errors:
            process = subprocess.Popen(words, stderr=errors, **how)
        try:
            assert soon(lambda: process.poll() is not None or answers_at(well))
            assert process.poll() is None, (place / "errors").read_text()
            yield SimpleNamespace(
                all=Served(main), learn=Served(learn), place=place, process=process
            )
            assert Served(well).ask("GET", "/").status == 204
            process.send_signal(signal.SIGQUIT)
            assert process.wait(20) == 0, (place / "errors").read_text()
        finally:
            process.terminate()  # killed, it would leave its workers behind
            process.wait(20)


def answers_at(port):
    """Return whether somebody listens on a port."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
        return True
    return False


def soon(is_so, seconds=20):
    """Wait until something is so; return whether it came to be."""
    end = time.monotonic() + seconds
    while not is_so() and time.monotonic() < end:
        time.sleep(0.05)
    return is_so()


class Replicas:
    """Services of one model that share a token, each with a data folder of its own."""

    def __init__(self, run, place, count=2):
        self._run, self._place, self.ports = run, place, free_ports(count)
        self.processes = [None] * count
        (place / "token").write_text(TOKEN)
        (place / "token").chmod(0o440)

    def start(self, number):
        """Start one, and wait until it answers."""
        words = [SKLIMG, "serve", "-m", self._run, "--port", self.ports[number]]
        words += ["--data", self._place / f"data{number}", "--token-file", self._place / "token"]
        words += ["--allow-host", "pictures.example"]
        with (self._place / f"log{number}").open("a") as log:
            process = subprocess.Popen(list(map(str, words)), stdout=subprocess.PIPE, stderr=log)
        assert process.stdout.readline(), (self._place / f"log{number}").read_text()
        process.stdout.close()
        self.processes[number] = process

    def stop(self, number, how):
        self.processes[number].send_signal(how)
        return self.processes[number].wait(40)

    def ids(self, number):
        """Return the names of the requests that one has told of; it may tell a little late."""
        text = (self._place / f"log{number}").read_text()
        return re.findall(r'"event": "request", "id": "([^"]*)"', text)


@pytest.fixture(scope="module")
def replicas(bars_run, tmp_path_factory):
    made = Replicas(bars_run.path, tmp_path_factory.mktemp("replicas"))
    for number in range(2):
        made.start(number)
    yield made
    for process in made.processes:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def proxy(replicas):
    """In front of two services; nobody learns."""
    if NGINX is None:
        pytest.skip("nginx is not installed")
    with proxying(replicas.ports, free_ports(1)[0]) as proxy:
        yield proxy


def test_the_bounds_are_those_of_the_service():
    from sklimg.serve.guard import _MOST_UPLOAD

    bounds = re.findall(r"client_max_body_size (\d+);", CONFIG)
    assert list(map(int, bounds)) == [MOST_BODY, _MOST_UPLOAD]


def logged(proxy, **told):
    """Return the lines in the log of a proxy that tell this."""
    lines = map(json.loads, (proxy.place / "log").read_text().splitlines())
    return [line for line in lines if told.items() <= line.items()]


def test_requests_are_spread_and_answered(proxy, replicas):
    for number in range(20):
        named = {**FORM, **BEARER, "X-Request-ID": f"spread-{number}"}
        answer = proxy.all.ask("POST", "/predict", QUESTION, named)
        assert answer.status == 200
        assert answer.json["predictions"][0]["label"]

    def n_each():
        return [sum(id.startswith("spread-") for id in replicas.ids(k)) for k in range(2)]

    assert soon(lambda: sum(n_each()) == 20)
    assert min(n_each()) >= 5


def test_the_name_of_a_request_goes_through(proxy, replicas):
    def is_told(id):
        told = [*replicas.ids(0), *replicas.ids(1)]
        return told.count(id) == len(logged(proxy, id=id)) == 1

    named = {**BEARER, "X-Request-ID": "my-request.1"}
    assert proxy.all.ask("GET", "/model", headers=named).headers["x-request-id"] == "my-request.1"
    assert soon(lambda: is_told("my-request.1"))
    odd = {**BEARER, "X-Request-ID": "a b" * 50}
    made = proxy.all.ask("GET", "/model", headers=odd).headers["x-request-id"]
    assert re.fullmatch("[0-9a-f]{32}", made)
    assert soon(lambda: is_told(made))
    assert TOKEN not in (proxy.place / "log").read_text()


def test_token_and_host_are_checked_behind_it(proxy):
    assert proxy.all.ask("GET", "/model").status == 401
    for host, status in (("pictures.example", 200), ("pictures.example:443", 200), ("x.org", 421)):
        assert proxy.all.ask("GET", "/model", headers={**BEARER, "Host": host}).status == status


def test_a_body_over_the_limit_is_refused_before_anybody_is_asked(proxy):
    refused = proxy.all.ask("POST", "/predict", b"x" * (MOST_BODY + 1), {**FORM, **BEARER})
    assert refused.status == 413
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert (refused.json["status"], refused.json["code"]) == (413, "too_large")
    assert soon(lambda: logged(proxy, path="/predict", status=413, asked=""))
    taken = proxy.all.ask("POST", "/predict", b"x" * MOST_BODY, {**FORM, **BEARER})
    assert taken.json["code"] == "multipart"  # by the service


def begun(port, head, half=b"x" * 50_000):
    """Send a head and half of a body; return the connection."""
    sock = socket.create_connection(("127.0.0.1", port), timeout=10)
    length = "" if "chunked" in head else f"Content-Length: {MOST_BODY}\r\n"
    chunk = b"%x\r\n" % MOST_BODY if "chunked" in head else b""
    sock.sendall(f"{head}\r\nHost: localhost\r\n{length}\r\n".encode() + chunk + half)
    return sock


def said(sock):
    """Return the status that comes first, and the document that comes with it."""
    head, _, body = sock.recv(65536).partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body or sock.recv(65536))


CHUNKED = "Transfer-Encoding: chunked"


@pytest.mark.parametrize("where", ["all", "learn"])
@pytest.mark.parametrize(
    "head", ["POST /predict", "GET /", f"GET / HTTP/1.1\r\n{CHUNKED}", "POST /page/page.css"]
)
def test_who_shows_no_token_is_refused_before_the_body_came(proxy, where, head):
    place = getattr(proxy, where)
    head = head if CHUNKED in head else f"{head} HTTP/1.1"
    with begun(place.port, head) as sock:
        status, told = said(sock)
    assert (status, told["status"], told["code"]) == (401, 401, "token")
    refused = place.ask("GET", "/model")
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")
    assert soon(lambda: logged(proxy, path=head.split()[1], status=401, asked=""))


def test_the_page_that_asks_for_the_token_is_shown_to_anybody(proxy):
    page = proxy.all.ask("GET", "/")
    assert page.status == 200
    names = re.findall(r'["(./](page/[a-z]+\.js)"', page.body.decode())
    assert names
    assert proxy.all.ask("GET", f"/{names[0]}").status == 200


def test_one_address_cannot_fill_the_memory_of_the_proxy(proxy):
    """It holds so many bodies that never end, refuses more, and goes on when they are gone."""
    most = int(re.search(r"limit_conn clients (\d+);", CONFIG)[1])
    head = "POST /predict HTTP/1.1\r\nAuthorization: Bearer anything"
    socks = []

    def is_full():
        """Bring one more, which is refused if something asked before has not quite ended."""
        socks.append(begun(proxy.all.port, head))
        return proxy.all.ask("GET", "/model", headers=BEARER).status == 503

    try:
        assert soon(is_full)
        assert abs(len(socks) - most) < 10
        refused = proxy.all.ask("POST", "/predict", QUESTION, {**FORM, **BEARER})
        assert refused.headers["Content-Type"] == "application/problem+json"
        assert (refused.status, refused.json["code"]) == (503, "busy")
    finally:
        for sock in socks:
            sock.close()
    assert soon(lambda: proxy.all.ask("GET", "/model", headers=BEARER).status == 200)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can take a folder away from nobody")
def test_a_proxy_that_can_hold_no_more_says_so(proxy):
    (proxy.place / "bodies").chmod(0)
    try:
        refused = proxy.all.ask("POST", "/predict", b"x" * 10**6, {**FORM, **BEARER})
    finally:
        (proxy.place / "bodies").chmod(0o700)
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert (refused.status, refused.json["code"]) == (503, "busy")


@pytest.mark.parametrize("asked", ["POST /retrain", "POST /upload-data", "DELETE /data/1", "PUT /"])
def test_what_changes_something_is_refused(proxy, asked):
    method, path = asked.split()
    refused = proxy.all.ask(method, path, headers=BEARER)
    assert (refused.status, refused.json["code"]) == (403, "answers_only")
    assert soon(lambda: logged(proxy, method=method, path=path, status=403, asked=""))


def test_nobody_learns(proxy):
    answer = proxy.learn.ask("GET", "/jobs", headers=BEARER)
    assert (answer.status, answer.json["code"]) == (503, "busy")
    assert answer.headers["Retry-After"] == "2"


def asked_for_ever(port, answers, stop):
    """Ask again and again, on a connection that is kept, and note what comes."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    while not stop.wait(0.01):
        try:
            connection.request("POST", "/predict", QUESTION, {**FORM, **BEARER})
            answer = connection.getresponse()
            answer.read()
            answers.append(answer.status)
        except (OSError, HTTPException) as err:
            answers.append(type(err).__name__)
            connection.close()
    connection.close()


def test_no_request_is_lost_when_services_are_killed_or_exchanged(proxy, replicas):
    """One is killed and comes back, then the other is stopped and comes back."""
    answers, stop = [], threading.Event()
    threads = [
        threading.Thread(target=asked_for_ever, args=(proxy.all.port, answers, stop), daemon=True)
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for number, how, code in ((0, signal.SIGKILL, -signal.SIGKILL), (1, signal.SIGTERM, 0)):
        time.sleep(0.5)
        assert replicas.stop(number, how) == code
        n_before = len(answers)
        assert soon(lambda n=n_before: len(answers) > n + 10)  # by the other one alone
        replicas.start(number)
        n_before = len(replicas.ids(number))
        assert soon(lambda k=number, n=n_before: len(replicas.ids(k)) > n)  # it is asked again
    stop.set()
    for thread in threads:
        thread.join(60)
    assert len(answers) > 50
    assert set(answers) == {200}


@contextmanager
def stub():
    """A service that only notes what it has received, as it comes; yield (port, what came)."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        came = bytearray()

        def take():
            with suppress(OSError):
                connection = door.accept()[0]
                with connection:
                    while b"THE END" not in came:
                        came.extend(connection.recv(65536))
                    connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        yield door.getsockname()[1], came


@needs_nginx
@pytest.mark.parametrize("path", ["/upload-data", "/predict"])
def test_uploads_go_straight_through_and_questions_wait_until_they_are_whole(path):
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    head += f"Authorization: Bearer {TOKEN}\r\n"
    half, rest = b"a" * 50_000, b"b" * 50_000 + b"THE END"
    head += f"Content-Length: {len(half + rest)}\r\n\r\n"
    with stub() as (port, came), proxying([port], port) as proxy:
        place = proxy.learn if path == "/upload-data" else proxy.all
        with socket.create_connection(("127.0.0.1", place.port), timeout=10) as sock:
            sock.sendall(head.encode() + half)
            end = time.monotonic() + (10 if path == "/upload-data" else 0.5)
            while half not in came and time.monotonic() < end:
                time.sleep(0.02)
            assert (half in came) is (path == "/upload-data")
            sock.sendall(rest)
            assert received(sock).startswith(b"HTTP/1.1 204")
        assert half + rest in came


@needs_nginx
@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_the_lines_for_tls_on_the_page(replicas):
    page = (ROOT / "docs" / "deployment.md").read_text()
    (lines,) = re.findall(r"```nginx\n(.*?)```", page, re.DOTALL)
    place = Path(tempfile.mkdtemp(prefix="sklimg-tls-"))  # others can go through it
    try:
        for name in ("secrets", "renewed"):
            certify(place / name)
        text = CONFIG.replace("listen 8080;", lines.replace("listen 8443", "listen 8080"))
        with proxying(replicas.ports, 1, text, place / "secrets") as proxy:
            answer, version = asked_by_tls(proxy.all.port, place / "secrets")
            assert answer.startswith(b"HTTP/1.1 200")
            assert version in ("TLSv1.2", "TLSv1.3")
            (renewal,) = re.findall(r"```sh\n(cat .*\ncat .*\n).*nginx -s reload\n", page)
            subprocess.run(["sh", "-ec", renewal], cwd=place, check=True)
            assert not is_trusted(proxy.all.port, place / "renewed")
            proxy.process.send_signal(signal.SIGHUP)  # what -s reload sends
            assert soon(lambda: is_trusted(proxy.all.port, place / "renewed"))
    finally:
        shutil.rmtree(place)


def certify(place):
    """Make a folder with a certificate and its key, to be read by anybody."""
    place.mkdir()
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    words += ["-subj", "/CN=pictures.example", "-addext", "subjectAltName=DNS:pictures.example"]
    words += ["-keyout", "key", "-out", "certificate"]
    subprocess.run(words, cwd=place, check=True, capture_output=True)
    for path in (place.parent, place, place / "key"):
        path.chmod(0o755)


def asked_by_tls(port, place):
    """Ask, trusting the certificate of a folder alone; return (answer, version of TLS)."""
    trusted = ssl.create_default_context(cafile=place / "certificate")
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        trusted.wrap_socket(plain, server_hostname="pictures.example") as sock,
    ):
        sock.sendall(
            f"GET /model HTTP/1.1\r\nHost: pictures.example\r\nConnection: close\r\n"
            f"Authorization: Bearer {TOKEN}\r\n"
            "Origin: https://pictures.example\r\n\r\n".encode()
        )
        return received(sock), sock.version()


def is_trusted(port, place):
    """Return whether a proxy shows the certificate of a folder."""
    with suppress(ssl.SSLError):
        return bool(asked_by_tls(port, place))
    return False
