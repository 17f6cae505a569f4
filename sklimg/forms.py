"""Forms to write on: which label each box has, and how a photo of one is read.

A page is told in parts of the frame that the centres of its four corner marks
make: where the boxes stand, and the code that says all this. So a reader needs to
know nothing of the paper. Points are (y, x) in pixels, (0, 0) the centre of the
top left one; millimetres are counted from the top left corner of the paper.

Floor 1: works on arrays; reads no file and prints nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sklimg.codes import MOST_ROWS, code_room, code_rows
from sklimg.errors import UsageError
from sklimg.files import count
from sklimg.frames import (
    CODE_COLUMNS,
    CODE_PITCH,
    bend,
    code_places,
    read_code,
    settle_bow,
    settle_frame,
    through,
)
from sklimg.marks import find_marks, reduce_grey
from sklimg.payloads import HEAD, pack_page, unpack_page

__all__ = ["MARGIN", "SIZES", "Form", "form_payload", "plan_forms", "read_form"]

SIZES = {"a4": (297.0, 210.0), "letter": (279.4, 215.9)}  # mm: height, width
MARGIN = 14.0  # mm from the paper's edges to the centres of the marks

_CELL = 14.0  # mm
_COLUMNS = 12
_TOP = 26.0  # mm to the first row of boxes
_LEFT = 28.0  # mm at least, for the labels
_GAP = 6.0  # mm between boxes and code
_TOGETHER = 3  # rows of a label that are not put on two pages
_SCALE = 32768  # steps from one mark to the next
_MOST_PAGES = 999
_FLAT = 1e-4  # of v: a bow that is none


@dataclass(frozen=True)
class Form:
    """One page of boxes to write in.

    Attributes
    ----------
    rows, columns : int
        Of boxes on this page.
    cells : tuple of (str, int)
        Each label with the number of its boxes on this page, from the top. Each
        begins a row of its own.
    page, pages : int
        Which page of how many, from 1.
    box : tuple of float
        Left, top, right and bottom of the boxes, in parts of the frame.
    """

    rows: int
    columns: int
    cells: tuple[tuple[str, int], ...]
    page: int
    pages: int
    box: tuple[float, float, float, float]

    @property
    def labels(self) -> list[str | None]:
        """The label of each box in reading order; None for one that is not used."""
        labels: list[str | None] = []
        for label, number in self.cells:
            labels += [label] * number + [None] * (-number % self.columns)
        return labels

    @property
    def places(self) -> np.ndarray:
        """Where the rules cross, of shape (rows + 1, columns + 1, 2), as (v, u)."""
        left, top, right, bottom = self.box
        v = np.linspace(top, bottom, self.rows + 1)
        u = np.linspace(left, right, self.columns + 1)
        return np.stack(np.meshgrid(v, u, indexing="ij"), axis=-1)


def plan_forms(labels: Sequence[str], per_label: int, paper: str) -> list[Form]:
    """Lay out boxes for each label on as many pages as it takes.

    Parameters
    ----------
    labels : sequence of str
        None empty, none twice.
    per_label : int
        Boxes for each, 1 or more.
    paper : {"a4", "letter"}

    Returns
    -------
    forms : list of Form
        One a page.

    Raises
    ------
    UsageError
        If a label is empty, comes twice, or is too long for the code of a page.

    Examples
    --------
    >>> from sklimg.forms import plan_forms
    >>> (form,) = plan_forms(["7", "NA"], 3, "a4")
    >>> form.rows, form.columns, form.labels
    (2, 3, ['7', '7', '7', 'NA', 'NA', 'NA'])
    """
    _check(labels, per_label)
    of_label = -(-per_label // _COLUMNS)
    columns = -(-per_label // of_label)
    most = int(SIZES[paper][0] // _CELL) * columns  # boxes that a page may hold
    pages: list[list[tuple[str, int]]] = [[]]

    def fits(label, number):
        return _is_room(_page([*pages[-1], (label, number)], columns, paper))

    for label in labels:
        if pages[-1] and of_label <= _TOGETHER and not fits(label, per_label):
            pages.append([])
        left = per_label
        while left:
            if len(pages) > _MOST_PAGES:
                raise UsageError(
                    f"form: expected at most {_MOST_PAGES} pages, got more at label {label!r}; "
                    "take fewer labels or boxes"
                )
            whole = range(min((left - 1) // columns * columns, most), 0, -columns)
            number = next((n for n in (min(left, most), *whole) if fits(label, n)), 0)
            if number:
                pages[-1].append((label, number))
                left -= number
            elif not pages[-1]:
                raise UsageError(_too_long(label))
            if left:
                pages.append([])
    return [_page(cells, columns, paper, i, len(pages)) for i, cells in enumerate(pages, 1)]


def read_form(grey: np.ndarray, marks: np.ndarray | None = None) -> tuple[Form, np.ndarray] | None:
    """Read which form a scan or photo shows, and where its boxes are.

    Parameters
    ----------
    grey : ndarray of shape (height, width), uint8
        Dark on light, any way up, the paper not quite flat. One of the four marks may
        be missing.
    marks : ndarray of shape (n_marks, 2), optional
        What `find_marks` found, if that was asked before.

    Returns
    -------
    form : Form
    nodes : ndarray of shape (rows + 1, columns + 1, 2)
        Where the rules cross, as (y, x); the first is the form's own top left.

    Or None, where the image shows no form.
    """
    marks = find_marks(grey) if marks is None else marks
    if len(marks) < 3:
        return None
    small, factor = reduce_grey(grey)
    found = read_code(small, (marks + 0.5) / factor - 0.5)
    form = found and _unpacked(found[0])
    if not form:
        return None
    payload, frame, guessed, bow = found
    (on, off), (black, white) = _on_and_off_rules(form), code_places(payload)
    if guessed is not None:
        dark, pale = np.concatenate([on, black]), np.concatenate([off, white])
        frame = settle_frame(small, frame, guessed, dark, pale)
    places = form.places.reshape(-1, 2)
    if abs(bow) > _FLAT:
        places = bend(places, settle_bow(small, frame, black, white))
    nodes = through(frame, places).reshape(form.places.shape)
    return form, (nodes + 0.5) * factor - 0.5


def form_payload(form: Form) -> bytes:
    """Return the bytes that the code of a page holds."""
    edges = [round(edge * _SCALE) + _SCALE // 2 for edge in form.box]
    return pack_page((form.rows, form.columns, form.page, form.pages, *edges), form.cells)


def _unpacked(payload: bytes) -> Form | None:
    """Return the form whose payload this is, None for what no form has."""
    page = unpack_page(payload)
    if page is None:
        return None
    (rows, columns, number, pages, *edges), cells = page
    left, top, right, bottom = ((edge - _SCALE // 2) / _SCALE for edge in edges)
    form = Form(rows, columns, cells, number, pages, (left, top, right, bottom))
    return form if columns and _rows(cells, columns) == rows else None


def _rows(cells: Sequence[tuple[str, int]], columns: int) -> int:
    return sum(-(-number // columns) for _, number in cells)


def _check(labels: Sequence[str], per_label: int) -> None:
    if not labels or per_label < 1:
        raise UsageError(
            f"form: expected labels and a box for each, got {count(len(labels), 'label')} "
            f"and {per_label} boxes"
        )
    known: set[str] = set()
    for i, label in enumerate(labels):
        if not label:
            raise UsageError(f"label {i + 1}: expected a text, got an empty one; leave it out")
        if label in known:
            raise UsageError(f"label {i + 1}: expected each label once, got {label!r} again")
        known.add(label)
        try:
            label.encode()
        except UnicodeEncodeError as err:
            raise UsageError(f"label {i + 1}: expected text, got {label!r}; retype it") from err


def _too_long(label: str) -> str:
    room = code_room(MOST_ROWS, CODE_COLUMNS) - HEAD - 6  # for what is not the text
    return (
        f"label {label[:20]!r}: expected at most {room} bytes of UTF-8, "
        f"got {len(label.encode())}; shorten it"
    )


def _page(cells: Sequence[tuple[str, int]], columns: int, paper: str, page=1, pages=1) -> Form:
    """Return the form of a page, its boxes in the middle but for the room that labels need."""
    height, width = SIZES[paper]
    rows = _rows(cells, columns)
    across, down = width - 2 * MARGIN, height - 2 * MARGIN
    left = max(_LEFT, (width - columns * _CELL) / 2) - MARGIN
    right, top = left + columns * _CELL, _TOP - MARGIN
    box = (left / across, top / down, right / across, (top + rows * _CELL) / down)
    box = tuple(round(edge * _SCALE) / _SCALE for edge in box)  # as the code holds it
    return Form(rows, columns, tuple(cells), page, pages, box)


def _is_room(form: Form) -> bool:
    """Tell whether a page has room for the boxes, and for the code above its lower marks."""
    if form.box[3] > 1:
        return False
    length = len(form_payload(form))
    if length > code_room(MOST_ROWS, CODE_COLUMNS):
        return False
    top = form.box[1] / (_TOP - MARGIN)  # of the frame, a millimetre
    return form.box[3] + _GAP * top <= 1 - (code_rows(length, CODE_COLUMNS) - 0.5) * CODE_PITCH


def _on_and_off_rules(form: Form) -> tuple[np.ndarray, np.ndarray]:
    """Return places (v, u) on the rules, and as many on either side of them."""
    nodes = form.places
    down, across = nodes[1, 0] - nodes[0, 0], nodes[0, 1] - nodes[0, 0]
    on, off = [], []
    for part in (0.2, 0.35, 0.5, 0.65, 0.8):
        for along, aside in ((across, down), (down, across)):
            ends = nodes[:, :-1] if along is across else nodes[:-1]
            places = (ends + part * along).reshape(-1, 2)
            on.append(places)
            off += [places - 0.12 * aside, places + 0.12 * aside]
    return np.concatenate(on), np.concatenate(off)
