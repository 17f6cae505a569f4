"""Answers to many who ask at once: what waits together is answered together.

Features of many images cost a fraction of those of as many single ones. So one thread
takes whatever waits, up to a bound, decodes the small images and asks the model once.
Photographs are decoded beside it by two others, the largest one at a time, so that
nobody who brings a small picture waits for them. The event loop does none of it.

Floor 7: threads.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from math import ceil
from threading import Condition, Lock, Thread
from time import perf_counter

import numpy as np

from sklimg.errors import ImageError
from sklimg.formats import MAX_PIXELS
from sklimg.images import read_first
from sklimg.model import Model

__all__ = ["Busy", "Predictor"]

_AT_ONCE = 64  # images of one product
_SMALL = 2**16  # pixels that are decoded at once; a millisecond
_LARGE = 8_000_000  # pixels from where images are decoded one at a time
_MOST_PHOTOS = 64  # that wait
_MOST_SECONDS = 10.0  # to wait for an answer, or to decode the photographs of one request
_MOST_WAITING = 4000  # images, however fast
_AFTER_END = 2  # seconds, in which another service may have started
_PACE = 0.1  # weight of the newest measurement


class Busy(Exception):
    """More is waiting than can be answered soon.

    Attributes
    ----------
    seconds : int
        After which to ask again.
    """

    def __init__(self, seconds: int):
        super().__init__(f"busy for {seconds} s")
        self.seconds = seconds


class _Job:
    """What one request asks: images still to be decoded, or pixels."""

    def __init__(self, loop: asyncio.AbstractEventLoop, content: Sequence[bytes] | np.ndarray):
        self.loop, self.answer = loop, loop.create_future()
        self.sources = [] if isinstance(content, np.ndarray) else list(content)
        self.n = len(content)
        self.pixels: list[np.ndarray | ImageError | None] = (
            list(content) if isinstance(content, np.ndarray) else [None] * self.n
        )


class Predictor:
    """A model that answers many at once.

    Parameters
    ----------
    model : Model

    Attributes
    ----------
    model : Model
    waiting : int
        Images that wait for their answer.
    """

    def __init__(self, model: Model):
        self.model = model
        self.waiting = 0
        self._jobs: deque[_Job] = deque()
        self._changed = Condition()
        self._is_closed = False
        self._photos = ThreadPoolExecutor(2, "photos")
        self._n_photos, self._one_large = 0, Lock()
        blank = np.zeros((1, model.spec.n_pixels), np.uint8)
        model.predict_proba(blank)  # what is made once is made
        start = perf_counter()
        model.predict_proba(blank)
        self._seconds = perf_counter() - start  # of an image
        self._thread = Thread(target=self._work, name="predictor", daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether it answers."""
        return self._thread.is_alive() and not self._is_closed

    async def ask(self, content: Sequence[bytes] | np.ndarray) -> list[np.ndarray | ImageError]:
        """Return what the model says of each image.

        Parameters
        ----------
        content : sequence of bytes, or ndarray of shape (n_images, n_pixels), uint8
            Image files, or pixels.

        Returns
        -------
        shares : list of ndarray of shape (n_classes,), or ImageError
            Probabilities; or why a file does not become pixels.

        Raises
        ------
        Busy
            If it would have to wait for long, or for ever.
        """
        if not self.is_alive:
            raise Busy(_AFTER_END)
        wait = self.waiting * self._seconds
        if self.waiting and (wait > _MOST_SECONDS or self.waiting + len(content) > _MOST_WAITING):
            raise Busy(max(1, ceil(wait)))
        if self._n_photos > _MOST_PHOTOS and not isinstance(content, np.ndarray):
            raise Busy(2)
        job = _Job(asyncio.get_running_loop(), content)
        self.waiting += job.n
        try:
            self._add(job)
            return await job.answer
        finally:
            self.waiting -= job.n

    def close(self) -> None:
        """Answer what waits, then end."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        self._thread.join()
        self._photos.shutdown()

    def _add(self, job: _Job) -> None:
        with self._changed:
            self._jobs.append(job)
            self._changed.notify()

    def _work(self) -> None:
        """Answer what waits, again and again."""
        while jobs := self._next():
            try:
                self._answer([job for job in jobs if self._is_decoded(job)])
            except Exception as err:  # whoever asked is told; the next ones are answered
                self._tell([(job, err) for job in jobs])

    def _next(self) -> list[_Job]:
        """Wait for jobs; return as many as go together, none when it is closed."""
        with self._changed:
            while not self._jobs and not (self._is_closed and not self._n_photos):
                self._changed.wait()
            jobs, n = [], 0
            while self._jobs and (not jobs or n + self._jobs[0].n <= _AT_ONCE):
                jobs.append(self._jobs.popleft())
                n += jobs[-1].n
            return jobs

    def _is_decoded(self, job: _Job) -> bool:
        """Decode the small images of a job; hand its photographs on if it has any."""
        has_photos = False
        for i, source in enumerate(job.sources):
            if job.pixels[i] is None:
                job.pixels[i] = self._read(source, _SMALL)
                has_photos = has_photos or job.pixels[i] is None
        if has_photos:
            with self._changed:
                self._n_photos += 1
            self._photos.submit(self._decode_photos, job)
        return not has_photos

    def _decode_photos(self, job: _Job) -> None:
        """Decode what is left of a job, in a thread of its own, and hand it back."""
        end = perf_counter() + _MOST_SECONDS
        try:
            for i, source in enumerate(job.sources):
                if job.pixels[i] is None and perf_counter() > end:
                    raise Busy(ceil(_MOST_SECONDS))
                if job.pixels[i] is None:
                    job.pixels[i] = self._read(source, _LARGE)
                if job.pixels[i] is None:
                    with self._one_large:
                        job.pixels[i] = self._read(source, MAX_PIXELS)
        except Exception as err:  # told, too
            self._tell([(job, err)])
        else:
            self._add(job)
        finally:
            with self._changed:
                self._n_photos -= 1
                self._changed.notify()

    def _read(self, source: bytes, most: int) -> np.ndarray | ImageError | None:
        """Return the vector of an image, None if it has more pixels than *most*."""
        try:
            read = read_first(source, self.model.spec, most)
        except ImageError as err:
            return err
        return None if read is None else read[0].reshape(-1)

    def _answer(self, jobs: list[_Job]) -> None:
        """Ask the model of all images of jobs at once."""
        vectors = [
            pixels for job in jobs for pixels in job.pixels if isinstance(pixels, np.ndarray)
        ]
        start = perf_counter()
        answered = [
            self.model.predict_proba(np.stack(vectors[first : first + _AT_ONCE]))
            for first in range(0, len(vectors), _AT_ONCE)
        ]
        if vectors:
            pace = (perf_counter() - start) / len(vectors)
            self._seconds += _PACE * (pace - self._seconds)
        shares = iter([row for rows in answered for row in rows])
        self._tell(
            [
                (job, [next(shares) if isinstance(p, np.ndarray) else p for p in job.pixels])
                for job in jobs
            ]
        )

    def _tell(self, answers: list[tuple[_Job, list | Exception]]) -> None:
        """Hand answers to the event loops that wait for them, all at once."""
        for loop in {job.loop for job, _ in answers}:
            mine = [(job.answer, told) for job, told in answers if job.loop is loop]
            if not loop.is_closed():
                loop.call_soon_threadsafe(_settle, mine)


def _settle(answers: list[tuple[asyncio.Future, list | Exception]]) -> None:
    for future, told in answers:
        if future.done():
            continue  # who asked is gone
        if isinstance(told, Exception):
            future.set_exception(told)
        else:
            future.set_result(told)
