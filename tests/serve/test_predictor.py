"""What waits together is answered together, and each gets its own answer."""

import asyncio
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest

from sklimg.errors import ImageError
from sklimg.images import encode_image
from sklimg.serve import predictor as predictor_module
from sklimg.serve.predictor import Busy, Predictor
from sklimg.spec import ImageSpec


class Told:
    """A model of 2x2 pixels that answers the mean of an image; slow if it is told so."""

    def __init__(self, wait=0.0):
        self.spec, self.wait, self.sizes = ImageSpec(side=2), wait, []
        self.gate = threading.Event()
        self.gate.set()

    def predict_proba(self, pixels):
        self.gate.wait()
        time.sleep(self.wait)
        if np.any(pixels == 13):
            raise ArithmeticError("thirteen")
        self.sizes.append(len(pixels))
        return pixels.mean(axis=1, keepdims=True)


@pytest.fixture
def made():
    """Predictors that are closed in the end."""
    all_of_them = []

    def make(model):
        all_of_them.append(Predictor(model))
        return all_of_them[-1]

    yield make
    for one in all_of_them:
        one.model.gate.set()
        one.close()


def flat(level, size=(4, 4)):
    return encode_image(np.full(size, level, np.uint8))


def rows(*levels):
    return np.repeat(np.array(levels, np.uint8)[:, None], 4, axis=1)


def levels_of(answers):
    return [a if isinstance(a, ImageError) else float(a.shares[0]) for a in answers]


def test_each_gets_its_own_answer(made):
    predictor = made(Told())

    async def ask_all():
        return await asyncio.gather(
            *[predictor.ask([flat(i)]) for i in range(20, 60)],
            *[predictor.ask(rows(i, i + 1)) for i in range(60, 90)],
        )

    found = [levels_of(answers) for answers in asyncio.run(ask_all())]
    assert found == [[i] for i in range(20, 60)] + [[i, i + 1] for i in range(60, 90)]
    assert predictor.waiting == 0


def test_what_waits_is_answered_at_once(made):
    model = Told()
    predictor = made(model)
    model.sizes.clear()

    async def ask_all():
        model.gate.clear()
        first = asyncio.ensure_future(predictor.ask(rows(1)))
        await asyncio.sleep(0.2)  # it is being answered
        others = [asyncio.ensure_future(predictor.ask(rows(2))) for _ in range(100)]
        await asyncio.sleep(0.1)
        assert predictor.waiting == 101
        model.gate.set()
        await asyncio.gather(first, *others)

    asyncio.run(ask_all())
    assert model.sizes == [1, 64, 36]


def test_many_of_one_are_answered_in_parts(made):
    model = Told()
    predictor = made(model)
    model.sizes.clear()
    answers = asyncio.run(predictor.ask(rows(*range(20, 220))))
    assert levels_of(answers) == list(range(20, 220))
    assert model.sizes == [64, 64, 64, 8]


def test_photographs_are_decoded_beside(made, monkeypatch):
    """While one is decoded, small images are answered."""
    predictor = made(Told())
    read, entered, go_on = predictor_module.read_first, threading.Event(), threading.Event()

    def slowly(source, spec, most):
        if most > predictor_module._SMALL_PIXELS:
            entered.set()
            assert go_on.wait(10)
        return read(source, spec, most)

    monkeypatch.setattr(predictor_module, "read_first", slowly)
    large = flat(90, (300, 300))

    async def ask_all():
        photo = asyncio.ensure_future(predictor.ask([flat(80), large, b"x", flat(70)]))
        assert await asyncio.to_thread(entered.wait, 10)
        assert levels_of(await predictor.ask([flat(50)])) == [50]
        assert not photo.done()
        go_on.set()
        return await photo

    first, second, third, fourth = levels_of(asyncio.run(ask_all()))
    assert (first, second, fourth) == (80, 90, 70)
    assert third.code == "not_an_image"


def test_the_largest_are_decoded_one_at_a_time(made, monkeypatch):
    monkeypatch.setattr(predictor_module, "_LARGE_PIXELS", 20_000)
    predictor = made(Told())
    read, inside, most_inside = predictor_module.read_first, [], []

    def counted(source, spec, most):
        if most == predictor_module.MAX_PIXELS:
            inside.append(1)
            most_inside.append(len(inside))
            time.sleep(0.02)
            inside.pop()
        return read(source, spec, most)

    monkeypatch.setattr(predictor_module, "read_first", counted)

    async def ask_all():
        large = flat(90, (300, 300))
        return await asyncio.gather(*[predictor.ask([large]) for _ in range(6)])

    assert [levels_of(each) for each in asyncio.run(ask_all())] == [[90]] * 6
    assert most_inside == [1] * 6


def test_an_error_is_told_to_who_asked_and_the_next_are_answered(made):
    predictor = made(Told())

    async def ask_all():
        with pytest.raises(ArithmeticError, match="thirteen"):
            await predictor.ask(rows(13))
        return await predictor.ask(rows(14))

    assert levels_of(asyncio.run(ask_all())) == [14]
    assert predictor.is_alive


def test_too_much_waiting_is_refused(made, monkeypatch):
    monkeypatch.setattr(predictor_module, "_MOST_WAITING", 10)
    model = Told()
    predictor = made(model)

    async def ask_all():
        model.gate.clear()
        first = asyncio.ensure_future(
            predictor.ask(rows(*range(20, 40)))
        )  # alone, as many as he likes
        await asyncio.sleep(0)
        with pytest.raises(Busy) as caught:
            await predictor.ask(rows(1))
        model.gate.set()
        await first
        assert caught.value.seconds >= 1
        return await predictor.ask(rows(2))

    assert levels_of(asyncio.run(ask_all())) == [2]


def test_a_slow_model_has_a_short_queue(made):
    model = Told(wait=0.02)
    predictor = made(model)

    async def ask_all():
        model.gate.clear()
        first = asyncio.ensure_future(predictor.ask(rows(*[9] * 600)))
        await asyncio.sleep(0)
        with pytest.raises(Busy) as caught:
            await predictor.ask(rows(1))
        model.wait = 0
        model.gate.set()
        await first
        return caught.value.seconds

    assert 10 <= asyncio.run(ask_all()) <= 60  # 600 x 0.02 s, as measured at the start


@pytest.fixture
def slow_photos(monkeypatch):
    """Let photographs wait to be decoded: set() lets them go on."""
    read, go_on = predictor_module.read_first, threading.Event()

    def slowly(source, spec, most):
        if most > predictor_module._SMALL_PIXELS:
            assert go_on.wait(20)
        return read(source, spec, most)

    monkeypatch.setattr(predictor_module, "read_first", slowly)
    yield go_on
    go_on.set()


def test_photographs_that_would_wait_for_long_are_refused_and_small_images_are_not(
    made, slow_photos
):
    predictor = made(Told())
    photo = flat(90, (300, 300))

    async def ask_all():
        first = [asyncio.ensure_future(predictor.ask([photo])) for _ in range(3)]
        await asyncio.sleep(0.3)  # two are being decoded, one waits
        predictor._photo_seconds = 100.0
        with pytest.raises(Busy) as caught:
            await predictor.ask([photo])
        assert caught.value.seconds == 50
        assert levels_of(await predictor.ask([flat(20)])) == [20]
        slow_photos.set()
        return [levels_of(each) for each in await asyncio.gather(*first)]

    assert asyncio.run(ask_all()) == [[90]] * 3


def test_nobody_waits_for_ever_for_photographs(made, slow_photos, monkeypatch):
    monkeypatch.setattr(predictor_module, "_MOST_SECONDS", 0.3)
    predictor = made(Told())
    photo = flat(90, (300, 300))

    async def ask_all():
        asked = [asyncio.ensure_future(predictor.ask([photo, photo])) for _ in range(5)]
        await asyncio.sleep(0.5)
        slow_photos.set()
        return await asyncio.gather(*asked, return_exceptions=True)

    assert [type(each) for each in asyncio.run(ask_all())] == [Busy] * 5
    assert levels_of(asyncio.run(predictor.ask([photo]))) == [90]


def test_what_takes_long_is_a_photograph_however_small(made, monkeypatch):
    """By its bytes, or by the time that the images before it took."""
    seen, read = [], predictor_module.read_first

    def noted(source, spec, most):
        seen.append(most)
        time.sleep(0.015)
        return read(source, spec, most)

    monkeypatch.setattr(predictor_module, "read_first", noted)
    predictor = made(Told())
    noisy = encode_image(np.random.default_rng(0).integers(0, 256, (100, 100), np.uint8))
    assert len(noisy) > predictor_module._SMALL_BYTES
    asyncio.run(predictor.ask([noisy]))
    assert seen == [predictor_module._LARGE_PIXELS]
    seen.clear()
    found = levels_of(asyncio.run(predictor.ask([flat(level) for level in range(20, 26)])))
    assert found == list(range(20, 26))
    n_small = seen.count(predictor_module._SMALL_PIXELS)
    assert 1 <= n_small <= 3
    assert seen.count(predictor_module._LARGE_PIXELS) == 6 - n_small


def test_what_waited_for_too_long_is_refused(made, monkeypatch):
    monkeypatch.setattr(predictor_module, "_MOST_SECONDS", 0.2)
    model = Told()
    predictor = made(model)
    predictor._seconds = 0.0

    async def ask_all():
        model.gate.clear()
        first = asyncio.ensure_future(predictor.ask(rows(1)))
        await asyncio.sleep(0.05)
        second = asyncio.ensure_future(predictor.ask(rows(2)))
        await asyncio.sleep(0.4)
        model.gate.set()
        return await asyncio.gather(first, second, return_exceptions=True)

    first, second = asyncio.run(ask_all())
    assert levels_of(first) == [1]
    assert isinstance(second, Busy)


def test_who_is_gone_is_not_answered(made):
    model = Told()
    predictor = made(model)

    async def leave():
        model.gate.clear()
        asked = asyncio.ensure_future(predictor.ask(rows(1)))
        await asyncio.sleep(0.05)
        asked.cancel()
        model.gate.set()
        return await predictor.ask(rows(2))

    assert levels_of(asyncio.run(leave())) == [2]
    assert predictor.waiting == 0


def test_closing_refuses_what_waits(slow_photos):
    model = Told()
    predictor = Predictor(model)

    async def ask_all():
        model.gate.clear()
        photos = [[flat(40, (300, 300))]] * 4
        asked = [asyncio.ensure_future(predictor.ask(each)) for each in (rows(1), *photos)]
        await asyncio.sleep(0.1)
        asked += [asyncio.ensure_future(predictor.ask(rows(2))) for _ in range(3)]
        await asyncio.sleep(0.1)
        closing = asyncio.ensure_future(asyncio.to_thread(predictor.close))
        await asyncio.sleep(0.1)
        model.gate.set()
        slow_photos.set()
        await closing
        return await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 10)

    first, *others = asyncio.run(ask_all())
    assert levels_of(first) == [1]  # which was being answered
    assert [type(each) for each in others] == [Busy] * 7
    assert not predictor.is_alive
    with pytest.raises(Busy):
        asyncio.run(predictor.ask(rows(1)))


def test_the_pace_follows_what_is_measured(made):
    model = Told(wait=0.05)
    predictor = made(model)
    before = predictor._seconds
    model.wait = 0.0
    for _ in range(30):
        asyncio.run(predictor.ask(rows(1)))
    assert before > 0.05
    assert predictor._seconds < before / 2


def test_it_asks_for_no_more_of_a_model_than_this():
    predictor = Predictor(SimpleNamespace(spec=ImageSpec(side=2), predict_proba=lambda p: p[:, :1]))
    predictor.close()
