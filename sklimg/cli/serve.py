"""The command ``serve``: a model that answers over HTTP."""

import sys

import click

from sklimg.cli.door import PATH, Command, is_quiet, result, say
from sklimg.files import count
from sklimg.names import ARTIFACTS

__all__ = ["serve"]

_DATA = ARTIFACTS / "serve"


@click.command("serve", cls=Command, short_help="Answer over HTTP.")
@click.option(
    "-m",
    "--model",
    metavar="MODEL",
    help="Run folder, its model/ or an exported zip.  [default: artifacts/latest]",
)
@click.option(
    "--host",
    metavar="NAME",
    default="127.0.0.1",
    show_default=True,
    help="Name or address to listen on. Where others can reach it, every request needs the token.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="0 for any that is free.",
)
@click.option(
    "--data",
    type=PATH,
    default=_DATA,
    show_default=True,
    metavar="DIR",
    help="Folder of the service: its token, pictures that are uploaded, models that it trains.",
)
@click.option(
    "--token-file",
    type=PATH,
    metavar="FILE",
    envvar="SKLIMG_TOKEN_FILE",
    show_envvar=True,
    help="A file with the token, for several services that answer as one.  [default: DIR/token]",
)
@click.option(
    "--allow-host",
    "hosts",
    multiple=True,
    metavar="NAME",
    help="A name that it is reached by through a proxy; every request then needs the token.",
)
def serve(model, host, port, data, token_file, hosts):
    """Answer over HTTP what images and vectors show, until stopped.

    Only this machine can ask, unless --host says otherwise. Requests are logged on
    stderr, an object of JSON a line; -q leaves them out.

    \b
    Example:
        sklimg serve -m artifacts/latest
        curl -F images=@picture.png http://127.0.0.1:8000/predict
    """
    from sklimg.serve.keeper import open_keeper
    from sklimg.serve.listener import Listener
    from sklimg.serve.logs import Log
    from sklimg.serve.service import load_service, serve_model
    from sklimg.serve.tokens import read_token

    loaded, test = load_service(model)
    listener, keeper = Listener(host, port), None
    try:
        token, file, is_new = read_token(data, token_file)
        access, notes = listener.access(token, hosts), []
        keeper, loaded, test = open_keeper(data, model, loaded, test, notes.append)
        classes = count(len(loaded.classes), "class", "classes")
        say(f"model     {loaded.id}: {classes}, {loaded.spec}")
        shown = f"{token}, kept in {file}" if is_new else f"in {file}"
        why = "changes something" if access.is_local else "asks anything"
        say(f"token     {shown}; needed by whoever {why}", warning=is_new)  # it is told but once
        if not access.is_local:
            say(
                "warning: what is sent can be read on the way; let a proxy encrypt it", warning=True
            )
        for note in notes:
            say(f"note      {note}")
        log = Log(sys.stderr, is_quiet())
        serve_model(loaded, test, access, listener, log, _tell_url(listener), keeper)
    finally:
        listener.close()
        if keeper is not None:
            keeper.close()


def _tell_url(listener):
    """Return what prints where the service is; it goes on if nobody reads that."""
    return lambda: result(listener.url(), go_on=True)
