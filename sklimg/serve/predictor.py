"""Answers to many who ask at once: what waits together is answered together.

Features of many images cost a fraction of those of as many single ones. So one thread
takes whatever waits, up to a bound, decodes the small images and asks the model once.
Whatever takes longer to decode is decoded beside it by two others, the largest one at
a time, so that a small picture does not wait for a photograph. The event loop does
none of it. Nobody waits for much longer than ten seconds: then it is refused.

Floor 7: threads.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from math import ceil
from threading import Condition, Lock, Thread
from time import perf_counter
from typing import NamedTuple

import numpy as np

from sklimg.errors import ImageError
from sklimg.formats import MAX_PIXELS
from sklimg.images import read_first
from sklimg.model import Model
from sklimg.opening import load_formats

__all__ = ["Answer", "Busy", "Predictor"]

_BATCH = 64  # images of one product
_SMALL_PIXELS, _SMALL_BYTES = 2**14, 2**13  # of images that are decoded without further ado
_SMALL_SECONDS = 0.02  # of one request; what is left then is taken for photographs
_LARGE_PIXELS = 8_000_000  # from where images are decoded one at a time
_N_DECODERS = 2
_MOST_SECONDS = 10.0  # to wait for an answer
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

    def __init__(self, seconds: float):
        super().__init__(f"busy for {seconds} s")
        self.seconds = max(1, ceil(seconds))


class Answer(NamedTuple):
    """What the model says of an image.

    Attributes
    ----------
    shares : ndarray of shape (n_classes,)
        Probabilities.
    pixels : ndarray of shape (n_pixels,), uint8
        What it saw.
    """

    shares: np.ndarray
    pixels: np.ndarray


class _Job:
    """What one request asks: images still to be decoded, or pixels."""

    def __init__(self, loop: asyncio.AbstractEventLoop, content: Sequence[bytes] | np.ndarray):
        self.loop, self.answer = loop, loop.create_future()
        self.sources = [] if isinstance(content, np.ndarray) else list(content)
        self.n = len(content)
        self.pixels: list[np.ndarray | ImageError | None] = (
            list(content) if isinstance(content, np.ndarray) else [None] * self.n
        )
        self._end = perf_counter() + _MOST_SECONDS

    @property
    def is_late(self) -> bool:
        """Whether it has waited for too long, or nobody waits for it any more."""
        return perf_counter() > self._end or self.answer.done()


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
        self._photos: deque[_Job] = deque()  # jobs that have some
        self._changed = Condition()
        self._is_closed = False
        self._one_large = Lock()
        load_formats()
        blank = np.zeros((1, model.spec.n_pixels), np.uint8)
        model.predict_proba(blank)  # what is made once is made
        start = perf_counter()
        model.predict_proba(blank)
        self._seconds = perf_counter() - start  # of an image
        self._photo_seconds = 0.0  # of a job with photographs
        works = [self._work, *[self._decode_photos] * _N_DECODERS]
        self._threads = [Thread(target=work, daemon=True) for work in works]
        for thread in self._threads:
            thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether it answers."""
        return not self._is_closed and all(thread.is_alive() for thread in self._threads)

    async def ask(self, content: Sequence[bytes] | np.ndarray) -> list[Answer | ImageError]:
        """Return what the model says of each image.

        Parameters
        ----------
        content : sequence of bytes, or ndarray of shape (n_images, n_pixels), uint8
            Image files, or pixels.

        Returns
        -------
        answers : list of Answer or ImageError
            Why a file does not become pixels, where it does not.

        Raises
        ------
        Busy
            If it would have to wait for long, has done so, or would for ever.
        """
        if not self.is_alive:
            raise Busy(_AFTER_END)
        wait = self.waiting * self._seconds
        if self.waiting and (wait > _MOST_SECONDS or self.waiting + len(content) > _MOST_WAITING):
            raise Busy(wait)
        job = _Job(asyncio.get_running_loop(), content)
        self.waiting += job.n
        try:
            self._add(self._jobs, job)
            return await job.answer
        finally:
            self.waiting -= job.n

    def close(self) -> None:
        """Refuse what waits, and end; what is being decoded is finished for nobody."""
        with self._changed:
            self._is_closed = True
            left = [*self._jobs, *self._photos]
            self._jobs.clear()
            self._photos.clear()
            self._changed.notify_all()
        self._tell([(job, Busy(_AFTER_END)) for job in left])
        self._threads[0].join(_MOST_SECONDS)

    def _add(self, queue: deque[_Job], job: _Job) -> None:
        with self._changed:
            if not self._is_closed:
                queue.append(job)
                self._changed.notify_all()
                return
        self._tell([(job, Busy(_AFTER_END))])

    def _next(self, queue: deque[_Job], most: int) -> list[_Job]:
        """Wait for jobs; return as many as have *most* images together, none at the end."""
        with self._changed:
            while not queue and not self._is_closed:
                self._changed.wait()
            jobs, n = [], 0
            while queue and (not jobs or n + queue[0].n <= most):
                jobs.append(queue.popleft())
                n += jobs[-1].n
            return jobs

    def _work(self) -> None:
        """Answer what waits, again and again."""
        while jobs := self._next(self._jobs, _BATCH):
            start = perf_counter()
            ready = [job for job in jobs if not self._is_refused(job) and self._is_decoded(job)]
            if not ready:
                continue
            try:
                answers = self._answers(ready)
            except Exception as err:  # whoever asked is told; the next ones are answered
                answers = [(job, err) for job in ready]
            pace = (perf_counter() - start) / sum(job.n for job in ready)
            self._seconds += _PACE * (pace - self._seconds)
            self._tell(answers)

    def _is_refused(self, job: _Job) -> bool:
        """Refuse a job that is late, or came too late for the end."""
        if is_refused := self._is_closed or job.is_late:
            self._tell([(job, Busy(self.waiting * self._seconds))])
        return is_refused

    def _is_decoded(self, job: _Job) -> bool:
        """Decode the small images of a job; hand it on if it has others."""
        end = perf_counter() + _SMALL_SECONDS
        for i, source in enumerate(job.sources):
            if len(source) <= _SMALL_BYTES and job.pixels[i] is None and perf_counter() < end:
                job.pixels[i] = self._read(source, _SMALL_PIXELS)
        if all(pixels is not None for pixels in job.pixels):
            return True
        wait = len(self._photos) * self._photo_seconds / _N_DECODERS
        if wait > _MOST_SECONDS:
            self._tell([(job, Busy(wait))])
        else:
            self._add(self._photos, job)
        return False

    def _decode_photos(self) -> None:
        """Decode what is left of jobs, one after the other, and hand them back."""
        while jobs := self._next(self._photos, 0):
            (job,) = jobs
            start = perf_counter()
            try:
                if self._is_decoded_whole(job):
                    self._add(self._jobs, job)
            except Exception as err:  # the same
                self._tell([(job, err)])
            self._photo_seconds += _PACE * (perf_counter() - start - self._photo_seconds)

    def _is_decoded_whole(self, job: _Job) -> bool:
        """Decode all images of a job, unless it takes too long."""
        for i, source in enumerate(job.sources):
            if job.pixels[i] is None:
                if self._is_refused(job):
                    return False
                job.pixels[i] = self._read(source, _LARGE_PIXELS)
            if job.pixels[i] is None:
                with self._one_large:
                    job.pixels[i] = self._read(source, MAX_PIXELS)
        return True

    def _read(self, source: bytes, most: int) -> np.ndarray | ImageError | None:
        """Return the vector of an image, None if it has more pixels than *most*."""
        try:
            read = read_first(source, self.model.spec, most)
        except ImageError as err:
            return err
        return None if read is None else read[0].reshape(-1)

    def _answers(self, jobs: list[_Job]) -> list[tuple[_Job, list]]:
        """Ask the model of all images of jobs at once."""
        vectors = [
            pixels for job in jobs for pixels in job.pixels if isinstance(pixels, np.ndarray)
        ]
        answered = [
            self.model.predict_proba(np.stack(vectors[first : first + _BATCH]))
            for first in range(0, len(vectors), _BATCH)
        ]
        shares = iter([row for rows in answered for row in rows])
        return [
            (
                job,
                [
                    Answer(next(shares), each) if isinstance(each, np.ndarray) else each
                    for each in job.pixels
                ],
            )
            for job in jobs
        ]

    def _tell(self, answers: Sequence[tuple[_Job, list | Exception]]) -> None:
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
