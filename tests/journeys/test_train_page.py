"""Training in a browser: begun, watched, cancelled, refused; the model before answers again."""

import re

import pytest

from tests.browsers import choose, give_token, needs_chromium
from tests.serve.test_jobs import pictures, poison

pytestmark = needs_chromium


def ended(page, words):
    """Wait until it is told how a training ended."""
    page.locator("#job h2", has_text=words).wait_for(timeout=120_000)
    page.locator("#retrain").wait_for()


def assert_numbers(page, verdict):
    """Check that the older and the newer model stand beside each other, in percent."""
    for row, key in zip(page.locator("#job tbody tr").all(), ("known", "new", "all"), strict=True):
        told = [float(cell.split(" ")[0]) for cell in row.locator("td").all_inner_texts()[1:3]]
        expected = [100 * verdict[key][when] for when in ("before", "after")]
        assert told == pytest.approx(expected, abs=0.051)


def test_a_training_is_cancelled(opened, served):
    model = served.ask("GET", "/model").json["id"]
    assert served.upload(*pictures({"2": 5, "10": 5, "a": 5}, seed=6)).status == 200
    with opened("#train") as page:
        give_token(page, served.token)
        page.get_by_role("button", name="Train a newer model").click()
        page.locator("#job progress").wait_for()
        page.get_by_role(
            "link", name="Ask", exact=True
        ).click()  # it goes on, whatever is looked at
        page.reload()
        page.get_by_role("link", name="Training").click()
        page.get_by_role("button", name="Cancel").click()
        ended(page, "Cancelled: the older model stays")
        assert page.get_by_role("button", name="Cancel").count() == 0
        assert page.get_by_role("button", name="Train a newer model").is_enabled()
        past = page.locator("#jobs details").first
        assert past.inner_text().startswith("Cancelled: the older model stays, ")
    assert served.ask("GET", "/model").json["id"] == model


def test_a_worse_model_is_refused_with_both_numbers(opened, served):
    model = served.ask("GET", "/model").json["id"]
    assert served.upload(*poison()).status == 200
    with opened("#train") as page:
        give_token(page, served.token)
        page.get_by_role("button", name="Train a newer model").click()
        ended(page, "Refused: the older model stays")
        verdict = served.ask("GET", "/jobs").json["jobs"][0]["verdict"]
        said = page.locator("#job .notice.bad")
        assert said.inner_text() == f"The gate refused it: {'; '.join(verdict['reasons'])}."
        assert_numbers(page, verdict)
        page.locator("#jobs summary").first.click()
        assert "The gate refused it" in page.locator("#jobs details").first.text_content()
        page.locator(".models tr", has_text="answers").filter(has_text=model).wait_for()
    assert served.ask("GET", "/model").json["id"] == model


def test_a_training_that_somebody_else_began_is_watched(opened, served):
    assert served.upload(*pictures({"2": 3})).status == 200
    with opened("#train", refused={409}) as page:
        give_token(page, served.token)
        go = page.get_by_role("button", name="Train a newer model")
        page.get_by_text("3 pictures came or changed").wait_for()
        job = served.retrain().json["id"]  # by somebody else
        go.click()
        cancel = page.get_by_role("button", name="Cancel")
        cancel.wait_for()
        page.get_by_role("link", name="Pictures").click()
        page.get_by_role("link", name="Training").click()
        page.locator(".models tr").first.wait_for()
        assert not go.is_visible()
        cancel.click()
        page.locator("#job h2", has_text="Cancelled").wait_for()
    assert served.ended(job)["status"] == "cancelled"


def test_a_newer_model_is_trained_and_returned_from(opened, served):
    first = served.ask("GET", "/model").json["id"]
    (shown,), _ = pictures({"x": 0, "y": 0, "a": 1}, seed=77)
    with opened("#train") as page:
        page.get_by_text("No picture is new since the model was trained.").wait_for()
        go = page.get_by_role("button", name="Train a newer model")
        assert go.is_disabled()
        files, labels = pictures()
        assert served.upload(files, labels).status == 200
        page.reload()
        page.get_by_text("36 pictures came or changed").wait_for()
        give_token(page, served.token)
        go.click()
        page.get_by_role("button", name="Cancel").wait_for()
        assert not go.is_visible()
        page.locator("#job progress").wait_for()
        page.locator("#job .curves polyline").first.wait_for(timeout=60_000)
        said = page.locator("#job .curves title").first.text_content()
        assert re.fullmatch(r"Loss by epoch; now training \d+\.\d+", said)
        page.locator("#job summary").click()  # and it stays open, whatever comes
        ended(page, "Done: the newer model answers")
        assert page.locator("#job pre").is_visible()
        assert "classes: 1 new class: a" in page.locator("#job pre").inner_text()
        job = served.ask("GET", "/jobs").json["jobs"][0]
        text = page.locator("#job").inner_text()
        assert "The gate let it pass: it reads no worse than the older one." in text
        assert_numbers(page, job["verdict"])
        assert f"On {job['test']['n_test']} pictures of the test part: " in text
        rows = page.locator(".models tbody tr")
        rows.nth(1).wait_for()
        newer = served.ask("GET", "/model").json["id"]
        assert [row.locator("th").inner_text() for row in rows.all()] == [
            f"{newer} answers",
            f"{first} stands by",
        ]
        with page.context.expect_page() as popup:
            rows.first.get_by_role("link", name="Report").click()
        popup.value.wait_for_load_state()
        title = rf"\d+ % of {job['test']['n_test']} test images right: table.npz"
        assert re.fullmatch(title, popup.value.title())
        assert popup.value.evaluate("self.origin") == "null"  # it is none of this service
        popup.value.close()
        page.get_by_role("link", name="More").click()
        assert page.locator("#told-classes li").all_inner_texts() == ["2", "10", "a"]
        assert newer in page.locator("#told-model").inner_text()
        page.get_by_role("link", name="Ask", exact=True).click()
        choose(page, "#images", ("shown.png", shown))
        assert page.locator(".answer h2").inner_text() == "a"
        page.get_by_role("link", name="Training").click()
        again = page.get_by_role("button", name="Let it answer again")
        again.click()
        page.get_by_role("button", name="Not now").click()
        assert served.ask("GET", "/model").json["id"] == newer
        again.click()
        assert first in page.locator("#confirm").inner_text()
        page.get_by_role("button", name="Let it answer", exact=True).click()
        page.locator(".models tr", has_text="answers").filter(has_text=first).wait_for()
        assert served.ask("GET", "/model").json["id"] == first
        page.get_by_role("link", name="Ask", exact=True).click()
        choose(page, "#images", ("shown.png", shown))
        page.locator(".answer h2", has_not_text="a").wait_for()
        page.get_by_role("link", name="Training").click()
        page.get_by_role("button", name="Let it answer again").click()
        page.get_by_role("button", name="Let it answer", exact=True).click()
        page.locator(".models tr", has_text="answers").filter(has_text=newer).wait_for()
