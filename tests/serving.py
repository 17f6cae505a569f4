"""A service to try: run in a thread or as a command, and asked over plain sockets."""

import http.client
import json
import re
import socket
import subprocess
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

from sklimg.serve.app import create_app
from sklimg.serve.keeper import open_keeper
from sklimg.serve.listener import Listener
from sklimg.serve.logs import Log
from sklimg.serve.server import Server
from sklimg.serve.service import load_service
from tests.kills import SKLIMG

TOKEN = "a-token-of-the-tests"
BOUNDARY = "xxBOUNDARYxx"


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


@dataclass
class Served:
    """A service that runs, and how to ask it."""

    port: int
    server: Server = None
    guard: object = None
    app: object = None
    log: StringIO = field(default_factory=StringIO)
    keeper: object = None
    token: str = TOKEN

    @property
    def bearer(self):
        return {"Authorization": f"Bearer {self.token}"}

    def upload(self, contents, labels, names=None):
        """Upload images, each with its label."""
        body = upload_form([("label", label.encode(), None) for label in labels], contents, names)
        return self.ask("POST", "/upload-data", body, {**FORM, **self.bearer})

    def retrain(self, **asked):
        headers = {"Content-Type": "application/json", **self.bearer}
        return self.ask("POST", "/retrain", json.dumps(asked), headers)

    def ended(self, job, seconds=120):
        """Return a job when it has ended."""
        end = time.monotonic() + seconds
        while (told := self.ask("GET", f"/jobs/{job}").json)["status"] == "running":
            assert time.monotonic() < end, told
            time.sleep(0.1)
        return told

    def ask(self, method, path, body=None, headers=None):
        """Return the answer to one request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def vectors(self, rows, query="", **headers):
        return self.json(json.dumps({"vectors": rows}), query, **headers)

    def json(self, text, query="", **headers):
        told = {"Content-Type": "application/json", **headers}
        return self.ask("POST", "/predict" + query, text, told)

    def images(self, *contents, query="", **headers):
        return self.ask("POST", "/predict" + query, form(*contents), {**FORM, **headers})

    def raw(self, data, wait=10):
        """Send bytes as they are; return all that comes back until the service ends it."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=wait) as sock:
            sock.sendall(data)
            return received(sock)

    def lines(self):
        """Return what the log tells, as far as it is written."""
        return [json.loads(line) for line in self.log.getvalue().splitlines()]


FORM = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


def form(*contents, field="images", names=None):
    """Return a form of files; a name may be any bytes."""
    parts = []
    for i, content in enumerate(contents):
        name = names[i] if names else f"{i}.png".encode()
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"; filename="'
        parts += [head.encode(), name, b'"\r\n\r\n', content, b"\r\n"]
    return b"".join([*parts, f"--{BOUNDARY}--\r\n".encode()])


def upload_form(fields, contents, names=None):
    """Return a form of fields (name, value, file name or None), and of images."""
    images = [
        ("images", content, names[i] if names else f"{i}.png".encode())
        for i, content in enumerate(contents)
    ]
    parts = []
    for field_name, value, file in [*fields, *images]:
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field_name}"'.encode()
        head += b"" if file is None else b'; filename="' + file + b'"'
        parts += [head, b"\r\n\r\n", value, b"\r\n"]
    return b"".join([*parts, f"--{BOUNDARY}--\r\n".encode()])


def received(sock):
    """Return all that comes until the other side ends it."""
    pieces = []
    try:
        while piece := sock.recv(65536):
            pieces.append(piece)
    except ConnectionResetError:
        pass
    return b"".join(pieces)


@contextmanager
def serving(model, is_local=True, test=None, hosts=None, keeper=None):
    """Serve a model in a thread while the block runs."""
    listener, log = Listener("127.0.0.1", 0), StringIO()
    access = listener.access(TOKEN, hosts or ([] if is_local else ["service.example"]))
    writer, opened = Log(log), threading.Event()
    app, guard = create_app(model, access, writer, test, keeper)
    server = Server(guard, listener, opened.set)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert opened.wait(30)
    try:
        yield Served(listener.port, server, guard, app, log)
    finally:
        server.should_exit = True
        thread.join(60)
        writer.close()
        assert not thread.is_alive()


@contextmanager
def keeping(run, folder):
    """Serve a run that keeps its things in a folder; yield a Served with its ``keeper``."""
    folder.mkdir(exist_ok=True)
    keeper, model, test = open_keeper(folder, run, *load_service(run), lambda text: None)
    try:
        with serving(model, test=test, keeper=keeper) as served:
            served.keeper = keeper
            yield served
    finally:
        keeper.close()


@contextmanager
def command(run, *words, cwd):
    """Run the installed command while the block runs; yield (process, Served)."""
    command = [SKLIMG, "serve", "-m", str(run), "--port", "0", *map(str, words)]
    with (Path(cwd) / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        line = process.stdout.readline()
        found = re.search(r":([0-9]+)$", line.strip())
        assert found, (line, (Path(cwd) / "log").read_text())
        files = [*Path(cwd).glob("*/token"), *Path(cwd).glob("artifacts/serve/token")]
        token = files[0].read_text().strip() if files else TOKEN
        yield process, Served(int(found[1]), token=token)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
