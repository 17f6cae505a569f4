"""What all commands share: the one door for errors, and the common options.

Floor 8: knows click and the errors; whatever is heavy is imported by the
commands when they run.
"""

import logging
import os
import re
import signal
import sys
import threading
import traceback
import warnings
from contextlib import nullcontext
from pathlib import Path

import click

from sklimg.cli.stderr import only_ours, stderr_descriptor
from sklimg.errors import SklimgError
from sklimg.files import DISK_ERRORS, one_line
from sklimg.names import BACKENDS, TURNED

__all__ = [
    "DURATION",
    "JOBS",
    "PATH",
    "TURNED_OPTION",
    "Command",
    "Group",
    "cluster_options",
    "echo_error",
    "is_quiet",
    "result",
    "say",
]

_QUIET = "sklimg.quiet"


class _Jobs(click.IntRange):
    """A number of processes: 1 or more, or -1 for one a core."""

    def convert(self, value, param, ctx):
        """Return the number, 0 refused."""
        number = super().convert(value, param, ctx)
        if number == 0:
            self.fail("expected 1 or more processes, or -1 for one a core, got 0", param, ctx)
        return number


JOBS = _Jobs(min=-1)


class _Path(click.Path):
    """A path; who opens it says why it cannot be opened."""

    def convert(self, value, param, ctx):
        """Return the path, an empty one refused: it would be the current folder."""
        if not str(value):
            self.fail("expected a path, got an empty text", param, ctx)
        return super().convert(value, param, ctx)


class _Duration(click.ParamType):
    """A time such as 90s, 10m or 1h30m, in seconds; a bare number is one of seconds."""

    name = "time"

    def convert(self, value, param, ctx):
        """Return the seconds."""
        if isinstance(value, float):
            return value
        parts = re.fullmatch(r"(?:([0-9.]+)h)?(?:([0-9.]+)m)?(?:([0-9.]+)s?)?", value.strip())
        try:
            hours, minutes, seconds = (float(part or 0) for part in parts.groups())
        except (AttributeError, ValueError):
            hours = minutes = seconds = 0.0
        if not (total := 3600 * hours + 60 * minutes + seconds) > 0:
            self.fail(f"expected a time such as 90s, 10m or 1h30m, got {value!r}", param, ctx)
        return total


DURATION = _Duration()
PATH = _Path(path_type=Path, readable=False)
TURNED_OPTION = click.option(
    "--turned",
    type=click.Choice(TURNED),
    default=TURNED[0],
    show_default=True,
    help="Whether a mirrored, turned, cropped or shifted picture is a copy; auto judges by the "
    "data: no for symbols, yes for photographs.",
)


def cluster_options(command):
    """Add the options that tell where the work is done."""
    address = click.option(
        "--address",
        metavar="URL",
        help="Of the cluster's scheduler, such as tls://host:8786.  [default: a cluster on this "
        "machine]",
    )
    backend = click.option(
        "--backend",
        default=BACKENDS[0],
        show_default=True,
        type=click.Choice(BACKENDS),
        help="Who does the work: processes of this machine, or the workers of a Dask cluster.",
    )
    return backend(address(command))


class _Door:
    """The single place where an error becomes one line on stderr and an exit code."""

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("context_settings", {"help_option_names": ["-h", "--help"]})
        super().__init__(*args, **kwargs)
        self.params += [
            _flag(["-q", "--quiet"], _be_quiet, "Say nothing but results, warnings and errors."),
            _flag(["--debug"], lambda *_: None, "Show the traceback of an error."),
            _flag(["--version"], _show_version, "Show the version and exit."),
        ]

    def main(self, args=None, prog_name=None, standalone_mode=True, **extra):
        """Run the command; end with an exit code unless *standalone_mode* is off."""
        if not standalone_mode:
            return super().main(args, prog_name, standalone_mode=False, **extra)
        arguments = sys.argv[1:] if args is None else list(args)
        warnings.filterwarnings("ignore", module=r"PIL\.")  # what counts becomes an error
        logging.getLogger("PIL").setLevel(logging.CRITICAL)
        _stop_on_sigterm()
        debug = "--debug" in arguments  # shows what C libraries print, too
        with nullcontext() if debug else only_ours():
            try:
                code = super().main(arguments, prog_name, standalone_mode=False, **extra) or 0
                if sys.stdout is not None:
                    sys.stdout.flush()
            except Exception as err:
                code = _ended(err, debug)
        sys.exit(code)

    def invoke(self, ctx):
        """Run the command; click would print a line for an interrupt and fail a closed pipe."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise _Interrupted("interrupted") from None
        except BrokenPipeError:
            ctx.exit(0)


class _Interrupted(SklimgError):
    """The user pressed Ctrl-C."""

    exit_code = 130


class Command(_Door, click.Command):
    """A command that can also stand alone, as ``split-images`` does."""


class Group(_Door, click.Group):
    """The command ``sklimg`` itself; lists its commands in the order of the work."""

    command_class = Command

    def list_commands(self, ctx):
        """Return the names of the commands in the order they were added."""
        return list(self.commands)


def say(text: str, *, warning: bool = False) -> None:
    """Print a line on stderr; with ``-q`` only if it is a warning."""
    if warning or not is_quiet():
        echo_error(one_line(text))


def is_quiet() -> bool:
    """Tell whether ``-q`` was given."""
    return bool(click.get_current_context().meta.get(_QUIET))


def echo_error(text: str) -> None:
    """Print a line on stderr, from any thread; it is no loss if nobody reads it."""
    try:
        click.echo(text, err=True)
    except BrokenPipeError:
        _silence(stderr_descriptor())


def result(text: str, *, go_on: bool = False) -> None:
    """Print a line of the result on stdout; with *go_on* the work matters more than it."""
    try:
        click.echo(text)
    except BrokenPipeError:
        _silence(1)
        if not go_on:
            raise


def _silence(descriptor: int | None) -> None:
    """Send what is still to be printed nowhere: the reader is gone."""
    if descriptor is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)


def _stop_on_sigterm() -> None:
    """Let a polite kill clean up as Ctrl-C does, worker processes included."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)


def _ended(err: Exception, debug: bool) -> int:
    """Print the line for an error and return the exit code."""
    if debug:
        traceback.print_exception(err)
    if isinstance(err, click.exceptions.NoArgsIsHelpError):
        echo_error(err.ctx.get_help())
        return 2
    if isinstance(err, SklimgError):
        code, text = err.exit_code, str(err)
    elif isinstance(err, click.ClickException):
        code, text = 2, _usage(err)
    elif isinstance(err, OSError) and err.errno in DISK_ERRORS:
        code, text = 6, f"output: cannot be written: {err.strerror}; free some space"
    elif isinstance(err, MemoryError):
        code, text = 6, "memory: not enough for this data; use fewer or smaller images"
    else:
        code = 1
        text = f"this is a bug of sklimg: {type(err).__name__}: {err}; report what --debug shows"
    echo_error(f"error: {one_line(text)}")
    return code


def _usage(err: click.ClickException) -> str:
    """Return what click says, with where to look."""
    text = " ".join(err.format_message().split()).rstrip(".")
    context = getattr(err, "ctx", None)
    return f"{text}; see '{context.command_path} --help'" if context else text


def _flag(names: list[str], callback, help: str) -> click.Option:
    return click.Option(
        names, is_flag=True, expose_value=False, is_eager=True, callback=callback, help=help
    )


def _be_quiet(context: click.Context, _, value: bool) -> None:
    if value:
        context.meta[_QUIET] = True


def _show_version(context: click.Context, _, value: bool) -> None:
    if value:
        from importlib.metadata import version

        click.echo(f"sklimg {version('sklimg')}")
        context.exit()
