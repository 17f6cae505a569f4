"""Teaching in a browser: a wrong answer corrected, pictures added, decided on, forgotten."""

import zipfile
from base64 import b64decode
from io import BytesIO

from PIL import Image

from tests.browsers import choose, give_token, needs_chromium, new_page, some_pictures

pytestmark = needs_chromium

LONG = "a very long label, and then some more of it " * 22


def data(served):
    return served.ask("GET", "/data").json


def classes(page):
    """Return {label: (learned from, new)} as the page shows them."""
    rows = page.locator(".distribution tbody tr")
    rows.first.wait_for()
    cells = "rows => rows.map(row => [0, 2, 3].map(i => row.children[i].textContent))"
    return {label: (learned, new) for label, learned, new in rows.evaluate_all(cells)}


def add(page, label, field, *files, says):
    """Add files, and wait until it is told what became of them."""
    page.fill("#label", label)
    choose(page, field, *files)
    page.get_by_role("button", name="Add ").click()
    page.locator("#uploaded .notice", has_text=says).wait_for()


def test_a_wrong_answer_is_corrected_by_a_click(opened, served, browser):
    (picture,) = some_pictures(1)
    with opened(refused={401}) as page:
        choose(page, "#images", picture)
        wrong = page.locator(".answer h2").inner_text()
        right = {"2": "10", "10": "2"}[wrong]
        chip = page.locator(".answer .chip", has_text=right)
        chip.click()
        dialog = page.locator("#token-dialog")
        dialog.get_by_text("This needs the token of the service.").wait_for()
        page.keyboard.press("Escape")
        page.locator(".correct", has_text="This needs the token of the service.").wait_for()
        assert data(served)["n_pictures"] == 0
        chip.click()
        for no_token in ("a wrong one", "tökén–"):  # which cannot be one
            page.fill("#token-field", no_token)
            page.keyboard.press("Enter")
            assert dialog.is_visible()
        page.fill("#token-field", "a-wrong-one")
        page.keyboard.press("Enter")
        dialog.get_by_text("The token is wrong").wait_for()
        assert page.evaluate("sessionStorage.length") == 0
        page.fill("#token-field", f" {served.token} ")
        page.keyboard.press("Enter")
        noted = page.locator(".correct").get_by_text("Noted as")
        assert noted.inner_text() == f"Noted as {right}; the next training learns it."
        assert data(served)["classes"] == [{"label": right, "pictures": 1, "new": 1}]
        assert page.evaluate("Object.values(sessionStorage)") == [served.token]
        assert page.evaluate("[localStorage.length, document.cookie]") == [0, ""]
        assert page.context.cookies() == []
        other = page.context.new_page()
        other.goto(page.url)
        assert other.evaluate("sessionStorage.length") == 0
        page.get_by_role("button", name="Undo").last.click()
        chip.wait_for()
        assert data(served)["n_pictures"] == 0
        page.get_by_role("button", name="other…").click()
        label = "<b>new</b>" + "x" * 900
        page.get_by_label(f"What {picture[0]} shows").fill(label)
        page.keyboard.press("Enter")
        page.locator(".correct", has_text=f"Noted as {label}; the next").wait_for()
        assert data(served)["classes"] == [{"label": label, "pictures": 1, "new": 1}]
        assert page.evaluate("document.documentElement.scrollWidth") <= 1200
    with new_page(browser, page.url) as page:
        assert page.evaluate("sessionStorage.length") == 0


def test_a_correction_of_what_the_model_learned_is_in_doubt(opened, served):
    told = served.ask("GET", "/pictures?source=table&label=2&most=1").json["pictures"][0]
    with opened() as page:
        give_token(page, served.token)
        choose(page, "#images", ("known.png", b64decode(told["picture"].split(",")[1])))
        page.locator(".answer .chip", has_text="10").click()
        page.locator(".correct", has_text="the model learned this very picture as 2").wait_for()
        page.get_by_role("link", name="Pictures").click()
        row = page.locator(".doubts li")
        assert "which is not changed here" in row.inner_text()
        row.get_by_role("button", name="2").click()
        row.wait_for(state="detached")
    assert data(served)["n_conflicts"] == 0
    assert data(served)["copies"]["of_table"] == 1


def test_files_are_added_copies_and_conflicts_pointed_out(opened, served):
    files = some_pictures(3, seed=1)
    with opened("#data") as page:
        give_token(page, served.token)
        before = classes(page)
        assert before == {"2": ("24", "–"), "10": ("24", "–")}
        choose(page, "#files", *files)
        assert page.get_by_text("Say above what the pictures show.").is_visible()
        assert page.get_by_role("button", name="Add 3 pictures").is_disabled()
        add(page, "new one", "#files", *files, says="3 pictures kept: 3 new.")
        page.locator("tr[data-label='new one']").wait_for()
        assert classes(page) == {**before, "new one": ("0", "+3")}
        assert "3 pictures were added, 3 since it was trained" in page.inner_text("#data-lead")
        bmp = BytesIO()
        Image.open(BytesIO(files[1][1])).save(bmp, "BMP")
        twice = [files[0], ("same.bmp", bmp.getvalue()), ("none.png", b"nothing")]
        add(page, "new one", "#files", *twice, says="kept: 1 new, 1 there before.")
        assert "none.png: " in page.locator("#uploaded .bad").inner_text()
        page.locator("#data-lead", has_text="Copies: 1 came twice.").wait_for()
        add(page, "10", "#files", files[2], says="1 picture kept: 1 under two labels now.")
        doubt = page.locator(".doubts li")
        assert "called 10 and new one; it was given several labels" in doubt.inner_text()
        assert doubt.locator("img").evaluate("each => each.decode().then(() => 1)") == 1
        assert data(served)["n_conflicts"] == 1
        doubt.get_by_role("button", name="10").click()
        doubt.wait_for(state="detached")
        page.locator("#data-title:focus").wait_for()
        page.locator("tr[data-label='10'] td", has_text="+1").wait_for()
        assert classes(page) == {"2": ("24", "–"), "10": ("24", "+1"), "new one": ("0", "+3")}
    assert data(served)["n_conflicts"] == 0


def test_a_folder_and_a_zip_file_bring_their_labels(opened, served, tmp_path):
    names = ["10/a.png", "10/b.png", "deep/x y/c.png"]
    for name, (_, content) in zip(names, some_pictures(3, seed=2), strict=True):
        (tmp_path / "photos" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "photos" / name).write_bytes(content)
    (tmp_path / "photos" / "10" / ".DS_Store").write_bytes(b"junk")
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, (_, content) in zip(
            ("2/d.png", "zip/e.png"), some_pictures(2, seed=3), strict=True
        ):
            archive.writestr(name, content)
        archive.writestr("zip/<i>f.png", b"no picture")
    with opened("#data") as page:
        give_token(page, served.token)
        page.set_input_files("#folder", tmp_path / "photos")
        assert page.locator("#plan li").all_inner_texts() == ["10 2", "x y 1"]
        page.get_by_role("button", name="Add 3 pictures").click()
        page.get_by_text("3 pictures kept: 3 new.").last.wait_for()
        choose(page, "#archive", ("photos.zip", packed.getvalue()))
        page.get_by_role("button", name="Add 1 zip file").click()
        page.locator("#uploaded", has_text="2 pictures kept: 2 new.").wait_for()
        assert "zip/<i>f.png: " in page.locator("#uploaded .bad").inner_text()
        page.locator("tr[data-label=zip]").wait_for()
        told = classes(page)
    expected = {"2": ("24", "+1"), "10": ("24", "+2"), "x y": ("0", "+1"), "zip": ("0", "+1")}
    assert told == expected


def test_a_picture_is_relabelled_and_forgotten(opened, served):
    files = some_pictures(2, seed=4)
    assert served.upload([content for _, content in files], ["new", "new"]).status == 200
    with opened("#data") as page:
        give_token(page, served.token)
        page.get_by_role("button", name="new", exact=True).click()
        tiles = page.locator(".mosaic .tiles li")
        tiles.nth(1).wait_for()
        assert tiles.count() == 2
        assert page.evaluate("document.activeElement.textContent") == "new"
        assert tiles.first.locator(".flag").inner_text() == "new"
        page.get_by_label("Give 1.png another label").click()
        page.keyboard.press("Escape")
        assert page.locator(".relabel").count() == 0
        page.get_by_label("Give 1.png another label").press("Enter")
        page.get_by_label("What 1.png shows").fill("2")
        page.keyboard.press("Enter")
        page.get_by_text("Added 1 picture").wait_for()
        page.locator(".mosaic h3:focus").wait_for()
        assert tiles.count() == 1
        page.get_by_label("Forget 0.png").click()
        page.locator("tr[data-label=new]").wait_for(state="detached")
        page.locator("#data-title:focus").wait_for()
        assert page.locator(".mosaic").count() == 0
        page.get_by_role("button", name="10", exact=True).click()
        tiles.nth(23).wait_for()
        assert page.locator(".mosaic h4").inner_text() == "Learned from 24 pictures"
        assert page.locator(".mosaic button").count() == 0
    assert data(served)["classes"] == [{"label": "2", "pictures": 1, "new": 1}]


def naughty(shared):
    """Return labels that are markup, turn the line around, or break it; and some others."""
    lines = (shared / "naughty-strings.txt").read_text(encoding="utf-8").split("\n")
    valid = [line for line in lines if line.strip() and not line.startswith("#")]
    valid = [line for line in valid if len(line) < 1000 and not set(line) & set("\0\r")]
    turned = [line for line in valid if any("\u0590" <= each <= "\u06ff" for each in line)]
    marked = [line for line in valid if any("\u200e" <= each <= "\u2069" for each in line)]
    pictured = [line for line in valid if any(each > "\U0001f000" for each in line)]
    quoted = [line for line in valid if set(line) & set("'\"`")]
    tags = [line for line in valid if "<" in line]
    chosen = [*tags, *turned, *marked[:15], *pictured, *quoted[:20], *valid[:40], LONG[:1000]]
    return list(dict.fromkeys(chosen))


def test_any_label_is_shown_as_text(opened, served, shared):
    labels = naughty(shared)
    assert len(labels) > 100
    files = [content for _, content in some_pictures(len(labels), seed=6)]
    told = served.upload(files, labels).json["pictures"]
    assert [each["label"] for each in told] == labels
    with opened("#data", viewport={"width": 320, "height": 800}) as page:
        shown = classes(page)
        assert {label for label, (_, new) in shown.items() if new == "+1"} == set(labels)
        listed = page.locator("#known-labels option").evaluate_all("all => all.map(o => o.value)")
        assert set(labels) <= set(listed)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        for label in (*labels[:3], LONG[:1000]):
            row = page.locator("tr[data-label]").nth(list(shown).index(label))
            row.locator("button").click()
            page.locator(".mosaic .acts").wait_for()
            assert page.locator(".mosaic h3").text_content() == label
            assert page.evaluate("document.documentElement.scrollWidth") <= 320
            row.locator("button").click()
        assert page.locator("main script, main iframe, main img[src=x], main marquee").count() == 0
    twice = [label for label in labels if "<" in label][:20]
    served.upload(files[: len(twice)], ["<script>alert(1)</script>"] * len(twice))
    with opened("#data", viewport={"width": 320, "height": 800}) as page:
        page.locator(".doubts li").first.wait_for()
        chips = page.locator(".doubts .chip:not(.other)").all_text_contents()
        assert "<script>alert(1)</script>" in chips
        assert set(chips) <= set(labels) | {"<script>alert(1)</script>"}
        assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_an_upload_goes_on_after_a_lost_connection(opened, served):
    """A piece that was kept, but not told of, is there once."""
    files = some_pictures(120, seed=7)
    with opened("#data", refused={"net::ERR_FAILED"}) as page:
        give_token(page, served.token)
        page.clock.install()
        sent = []

        def lose(route):
            sent.append(route.request.url)
            if len(sent) == 2:
                assert route.fetch().status == 200
            route.abort() if len(sent) > 1 else route.continue_()

        page.route("**/upload-data", lose)
        page.fill("#label", "2")
        choose(page, "#files", *files)
        page.get_by_role("button", name="Add 120 pictures").click()
        for n, wait in enumerate((1000, 3000, 8000), 2):
            page.get_by_text("The connection was lost; it is tried again").wait_for()
            page.locator("#label").press("Enter")  # which begins nothing else
            while len(sent) < n:
                page.wait_for_timeout(20)
            page.clock.run_for(wait)
        page.get_by_text("The connection was lost. 70 files are not there yet.").last.wait_for()
        assert len(sent) == 5
        assert data(served)["n_pictures"] == 100
        page.unroute("**/upload-data")
        page.get_by_role("button", name="Go on").click()
        page.get_by_text("120 pictures kept: 70 new, 50 there before.").last.wait_for()
        assert page.locator("#uploaded .bad").count() == 0
        assert page.get_by_label("Choose files").is_enabled()
    assert data(served)["classes"] == [{"label": "2", "pictures": 120, "new": 120}]
