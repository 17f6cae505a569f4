"""Clients that bring pictures to a service which is killed again and again."""

import hashlib
import threading
import time
from collections import deque
from http.client import HTTPException

from sklimg.images import encode_image
from sklimg.serve.database import Database
from tests.builders import bars
from tests.serving import command

AT_ONCE = 3  # pictures of a request


def bring(run, folder, n_pictures, n_kills, rng):
    """Bring pictures by four clients, who send again what was not answered; kill the service.

    Returns the ids of the pictures that were acknowledged, each once.
    """
    images = [encode_image(row.reshape(8, 8)) for row in bars({"x": n_pictures}, seed=1).pixels]
    waiting, acknowledged, now, lock = deque(), [], {}, threading.Lock()
    for first in range(0, n_pictures, AT_ONCE):
        waiting.append(images[first : first + AT_ONCE])

    def client():
        while True:
            with lock:
                if not waiting:
                    return
                some = waiting.popleft()
            try:
                answer = now["served"].upload(some, ["new"])
                assert answer.status == 200, answer.body
                with lock:
                    acknowledged.extend(p["id"] for p in answer.json["pictures"])
            except (OSError, ValueError, KeyError, HTTPException):
                with lock:
                    waiting.append(some)  # nobody answered, or half: once more
                time.sleep(0.05)

    clients = [threading.Thread(target=client) for _ in range(4)]
    n_killed = 0
    while True:
        with command(run, "--data", "kept", "-q", cwd=folder) as (process, served):
            now["served"] = served
            for each in clients:
                if each.ident is None:
                    each.start()
            if n_killed == n_kills:
                for each in clients:
                    each.join()
                return acknowledged
            enough = len(acknowledged) + n_pictures / (n_kills + 1) * rng.uniform(0.2, 1)
            while len(acknowledged) < enough and any(each.is_alive() for each in clients):
                time.sleep(0.002)
            process.kill()
            process.wait()
            n_killed += 1


def check_kept(folder, acknowledged, n_pictures):
    """Each picture that was acknowledged is there exactly once, whole, and nothing else is."""
    database = Database(folder / "kept" / "service.sqlite")
    try:
        assert database.is_whole()
        with database.reading() as base:
            rows = [id for (id,) in base.execute("SELECT id FROM pictures")]
            labels = base.execute("SELECT picture, label FROM labels").fetchall()
    finally:
        database.close()
    assert len(set(acknowledged)) == n_pictures
    assert set(acknowledged) <= set(rows)
    assert len(rows) == len(set(rows)) == n_pictures  # all were sent until they were answered
    assert sorted(labels) == sorted((id, "new") for id in rows)
    blobs = [path for path in (folder / "kept" / "blobs").rglob("*") if path.is_file()]
    assert sorted(path.name for path in blobs) == sorted(rows)
    for path in blobs:
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name
