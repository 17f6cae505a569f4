"""Parts of pages are read from the package, and named by their digests."""

import pytest

from sklimg.pageparts import page_part, policy_digest


def test_a_part_is_read_from_the_package():
    assert page_part("serve.html").startswith("<!DOCTYPE html>")
    with pytest.raises(FileNotFoundError, match="nothing"):
        page_part("nothing.html")


def test_a_digest_is_of_one_text():
    digests = {policy_digest(text) for text in ("", "a", "a ", "é")}
    assert len(digests) == 4
    assert all(digest.startswith("sha256-") and len(digest) == 51 for digest in digests)
