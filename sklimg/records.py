"""Small CSV files of named text columns: manifests, maps, splits, predictions.

Every field is text and stays what it is: ``007``, ``NA`` and ``True`` are not
numbers, missing values or truths. UTF-8 throughout; a byte order mark may lead.

Floor 0: imports only the errors.
"""

import csv
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TextIO

from sklimg.errors import TableError

__all__ = ["csv_field", "csv_line", "read_labels", "read_records", "records_csv"]


def read_records(path: str | os.PathLike, required: Iterable[str] = ()) -> dict[str, list[str]]:
    """Read a CSV file with a header into its columns.

    Parameters
    ----------
    path : path
        The file.
    required : iterable of str
        Columns that must be there.

    Returns
    -------
    columns : dict of str to list of str
        In the order of the header, all of one length.

    Raises
    ------
    TableError
        If the file is missing, no UTF-8 CSV, ragged, or lacks a column.
    """
    try:
        with _text(path) as file:
            rows = csv.reader(file, strict=True)
            header = next(rows, None) or []
            _check_header(path, header, required)
            columns = {name: [] for name in header}
            for row in rows:
                if not row:
                    continue
                if len(row) != len(header):
                    raise TableError(
                        f"{path}, line {rows.line_num}: expected {len(header)} fields "
                        f"({','.join(header)}), got {len(row)}; quote fields that hold commas"
                    )
                for column, field in zip(columns.values(), row, strict=True):
                    column.append(field)
    except FileNotFoundError as err:
        raise TableError(f"{path}: no such file; check the path") from err
    except OSError as err:
        raise TableError(f"{path}: cannot be read: {err.strerror}; check the path") from err
    except UnicodeDecodeError as err:
        raise TableError(
            f"{path}: expected UTF-8 text, got {err.reason}; save it as UTF-8"
        ) from err
    except csv.Error as err:
        raise TableError(f"{path}, line {rows.line_num}: not a CSV file: {err}") from err
    return columns


def read_labels(path: str | os.PathLike, grid: tuple[int, int]) -> list[str]:
    """Read the labels of a grid from a CSV file.

    Parameters
    ----------
    path : path
        Either one line a row of the sheet with one label a column, or one label
        a line in reading order. UTF-8.
    grid : tuple of int
        Number of tiles as (rows, columns).

    Returns
    -------
    labels : list of rows * columns str

    Raises
    ------
    TableError
        If the file is missing, no CSV, or does not fit the grid.
    """
    rows, cols = grid
    try:
        with _text(path) as file:
            lines = [line for line in csv.reader(file, strict=True) if line]
    except OSError as err:
        raise TableError(f"{path}: cannot be read: {err.strerror}; check the path") from err
    except (UnicodeDecodeError, csv.Error) as err:
        raise TableError(f"{path}: expected labels as UTF-8 CSV, got {err}") from err
    labels = [label for line in lines for label in line]
    widths = {len(line) for line in lines}
    if len(labels) != rows * cols or widths not in ({cols}, {1}):
        shape = f"{len(lines)} lines of {'/'.join(map(str, sorted(widths))) or 'no'} labels"
        raise TableError(
            f"{path}: expected {rows} lines of {cols} labels or {rows * cols} lines of one, "
            f"got {shape}"
        )
    return labels


def records_csv(columns: Mapping[str, Sequence] | Iterable[tuple[str, Sequence]]) -> bytes:
    """Return columns, all of one length, as a CSV file with a header.

    Given as pairs, two columns may have one name. Floats read back exactly.
    """
    pairs = list(columns.items() if isinstance(columns, Mapping) else columns)
    lines = [csv_line(name for name, _ in pairs)]
    lines += map(csv_line, zip(*(values for _, values in pairs), strict=True))
    return ("\n".join(lines) + "\n").encode()


def csv_line(fields: Iterable) -> str:
    """Return fields as one CSV line, quoted where they have to be.

    The csv module leaves a lone carriage return unquoted and then reads it as the
    end of the line.

    Examples
    --------
    >>> csv_line(["a,b", 0.5])
    '"a,b",0.5'
    """
    line = ",".join(csv_field(str(field)) for field in fields)
    return line or '""'  # an empty line would be no line at all


def csv_field(text: str) -> str:
    """Return a field as it stands in a CSV line, quoted where it has to be."""
    if any(c in text for c in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def _text(path: str | os.PathLike) -> TextIO:
    """Open a regular file as text; a pipe or a device is refused, not waited for."""
    file = Path(path)
    if file.exists() and not file.is_file() and not file.is_dir():
        raise TableError(f"{path}: expected a CSV file, got a pipe or device")
    return file.open(encoding="utf-8-sig", newline="")


def _check_header(path: str | os.PathLike, header: list[str], required: Iterable[str]) -> None:
    missing = [name for name in required if name not in header]
    if missing:
        raise TableError(
            f"{path}, line 1: expected the columns {','.join(required)}, got "
            f"{','.join(header)[:80] or 'nothing'}; add {','.join(missing)}"
        )
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise TableError(f"{path}, line 1: column {twice[0]} stands twice; rename one")
