"""Other processes of a service: how they are started, listened to, and ended.

Floor 7: processes.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

__all__ = ["Child", "adopt_run"]

_COMMAND = (sys.executable, "-m", "sklimg.serve.child")
_MOST_LINE = 2**24  # bytes of what a child tells at once
_KEPT_BYTES = 4000  # of what it prints, for the log
_GRACE_SECONDS = 5.0  # from being asked to end to being killed


class Child:
    """A process that does one thing.

    Parameters
    ----------
    task : mapping
        See `sklimg.serve.child`.
    folder : Path
        The only one that it writes to.

    Attributes
    ----------
    printed : str
        The end of what it printed.
    """

    def __init__(self, task: Mapping[str, Any], folder: Path):
        self._task, self._folder = json.dumps(task).encode() + b"\n", folder
        self._process: asyncio.subprocess.Process | None = None
        self._is_unwanted = False
        self.printed = ""

    async def events(self) -> AsyncIterator[dict[str, Any]]:
        """Start it; yield what it tells until it ends."""
        self._process = await asyncio.create_subprocess_exec(
            *_COMMAND,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=_environment(self._folder),
            limit=_MOST_LINE,
            start_new_session=True,  # Ctrl-C is for the service, which ends it
        )
        process = self._process
        if self._is_unwanted:  # since before it was there
            process.kill()
        printing = asyncio.ensure_future(self._listen(process.stderr))
        with suppress(ConnectionError):
            process.stdin.write(self._task)
            await process.stdin.drain()
        async for line in process.stdout:
            yield json.loads(line)
        await process.wait()
        await printing

    def ask_to_end(self) -> None:
        """Let it stop and clean up; kill it if it does not."""
        self._is_unwanted = True
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.terminate()
            asyncio.get_running_loop().call_later(_GRACE_SECONDS, self.kill)

    def kill(self) -> None:
        """End it at once."""
        self._is_unwanted = True
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()

    async def _listen(self, stream: asyncio.StreamReader) -> None:
        """Keep the end of what it prints."""
        while piece := await stream.read(2**16):
            self.printed = (self.printed + piece.decode("utf-8", "replace"))[-_KEPT_BYTES:]


def adopt_run(run: str, out: Path, folder: Path) -> str:
    """Copy a run with its table into the folder of a service; return why not, if so.

    Scikit-learn is imported there and not here.
    """
    task = json.dumps({"do": "adopt", "run": run, "out": str(out)}) + "\n"
    with subprocess.Popen(
        _COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=_environment(folder),
    ) as process:
        process.stdin.write(task.encode())
        process.stdin.flush()
        told = [json.loads(line) for line in process.stdout]
        process.stdin.close()
        printed = process.stderr.read().decode("utf-8", "replace")
    if process.returncode == 0:
        return ""
    errors = [event["error"] for event in told if "error" in event]
    last = printed.strip().splitlines()[-1:] or [f"it ended with {process.returncode}"]
    return (errors or last)[0]


def _environment(folder: Path) -> dict[str, str]:
    """Return an environment in which nothing is written outside of a folder."""
    kept = folder.absolute() / "cache"
    (kept / "tmp").mkdir(mode=0o700, parents=True, exist_ok=True)
    own = {"XDG_CACHE_HOME": kept, "MPLCONFIGDIR": kept / "matplotlib", "TMPDIR": kept / "tmp"}
    own |= {"JOBLIB_TEMP_FOLDER": kept / "tmp"}
    return (
        os.environ
        | {name: str(path) for name, path in own.items()}
        | {"PYTHONDONTWRITEBYTECODE": "1"}
    )
