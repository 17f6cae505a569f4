"""Two threads, one piece of work after another."""

import threading

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from sklimg.partners import Partners, one_blas_thread


@pytest.mark.parametrize("n", [1, 2])
def test_each_does_its_part(n):
    with Partners(n) as partners:
        for i in range(50):
            assert partners.share(lambda k, i=i: (i, k)) == [(i, k) for k in range(n)]


def test_the_second_part_is_done_in_another_thread():
    with Partners(2) as partners:
        mine, theirs = partners.share(lambda k: threading.get_ident())
    assert mine == threading.get_ident() != theirs


def fail_in(bad):
    def work(k):
        if k == bad:
            raise ZeroDivisionError(f"in {k}")
        return k

    return work


@pytest.mark.parametrize("bad", [0, 1])
def test_an_error_of_either_is_raised_and_the_next_work_is_done(bad):
    with Partners(2) as partners:
        with pytest.raises(ZeroDivisionError, match=f"in {bad}"):
            partners.share(fail_in(bad))
        assert partners.share(lambda k: k) == [0, 1]


def test_no_thread_is_left():
    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt), Partners(2):
        raise KeyboardInterrupt
    assert threading.active_count() == before


def n_threads():
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_the_last_who_asked_gives_the_threads_back():
    with threadpool_limits(2, user_api="blas"):
        first, second = one_blas_thread(), one_blas_thread()
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        assert n_threads() == {1}
        second.__exit__(None, None, None)
        assert n_threads() == {2}
