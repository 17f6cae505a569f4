"""Retraining beside the answers: what a newer model is, when it answers, when it does not."""

import json
import shutil
import threading
import time

import numpy as np
import pytest

from sklimg.images import encode_image
from sklimg.model import load
from sklimg.table import write_table
from sklimg.training import fit
from tests.builders import bars
from tests.serving import keeping

CLASSES = {"2": 8, "10": 8, "a": 20}


def pictures(n_of_class=CLASSES, seed=5):
    """Return PNG files of new bars, and their labels."""
    table = bars(n_of_class, seed=seed)
    return [encode_image(row.reshape(8, 8)) for row in table.pixels], table.labels.tolist()


def poison(n=60, seed=9):
    """Return PNG files of bars of two classes under labels drawn by lot."""
    files, _ = pictures({"2": n // 2, "10": n // 2}, seed)
    return files, np.random.default_rng(seed).choice(["2", "10"], n).tolist()


@pytest.fixture
def kept(run_with_table, tmp_path):
    with keeping(run_with_table, tmp_path / "data") as served:
        yield served


@pytest.fixture(scope="module")
def grown(run_with_table, tmp_path_factory):
    """A service that has learned a class more already."""
    with keeping(run_with_table, tmp_path_factory.mktemp("grown") / "data") as served:
        assert learned(served, *pictures())["status"] == "done"
        yield served


def learned(served, files, labels):
    """Upload pictures, retrain, and return the job as it ended."""
    assert served.upload(files, labels).status == 200
    answer = served.retrain()
    assert answer.status == 202, answer.body
    assert answer.headers["location"] == f"/jobs/{answer.json['id']}"
    return served.ended(answer.json["id"])


def test_a_new_class_is_learned_and_answered(kept):
    before = kept.ask("GET", "/model").json
    (shown,), _ = pictures({"x": 0, "y": 0, "a": 1}, seed=77)
    assert kept.images(shown).json["predictions"][0]["label"] != "a"
    job = learned(kept, *pictures())
    assert job["status"] == "done", job
    assert job["verdict"]["passed"]
    assert job["parent"] == before["id"]
    assert job["progress"] == {"stage": "saved", "epoch": 20, "n_epochs": 20}
    assert [len(values) for values in job["curves"].values()] == [20] * 5
    assert any(line.startswith("classes: 1 new class: a") for line in job["log"])
    now = kept.ask("GET", "/model").json
    assert now["id"] == job["model"] != before["id"]
    assert now["test"] == job["test"]
    answer = kept.images(shown).json
    assert answer["model"] == now["id"]
    assert answer["predictions"][0]["label"] == "a"
    assert [c["label"] for c in kept.ask("GET", "/classes").json["classes"]] == ["2", "10", "a"]


def test_a_poisoned_upload_is_refused_with_both_numbers(kept):
    before = kept.ask("GET", "/model").json["id"]
    job = learned(kept, *poison())
    assert job["status"] == "refused"
    verdict = job["verdict"]
    assert not verdict["passed"]
    assert verdict["reasons"]
    for part in ("known", "new", "all"):
        assert {"n", "before", "after", "before_interval"} <= set(verdict[part])
    assert (
        f"{verdict['known']['before']:.3f} -> {verdict['known']['after']:.3f}" in verdict["words"]
    )
    assert job["model"] is None
    assert kept.ask("GET", "/model").json["id"] == before
    assert not (kept.keeper.folder / "runs" / job["id"]).exists()


def test_rollback_goes_to_the_previous_model_and_back(grown):
    second = grown.ask("GET", "/model").json["id"]
    first = grown.keeper.lineage.previous().id
    for expected in (first, second):
        answer = grown.ask("POST", "/model/rollback", headers=grown.bearer)
        assert answer.json == {"model": expected}
        assert grown.ask("GET", "/model").json["id"] == expected


def test_retraining_goes_on_from_the_retrained(grown):
    """And pictures that were trained on are new no more."""
    kept = grown
    assert kept.ask("GET", "/data").json["n_new"] == 0
    assert kept.retrain().json["code"] == "no_data"
    job = learned(kept, *pictures({"2": 5, "10": 5, "a": 5}, seed=6))
    assert job["status"] == "done"
    assert any(line.startswith("there: 36 images") for line in job["log"])
    told = json.loads((kept.keeper.folder / "runs" / job["id"] / "config.json").read_text())
    assert told["parent"]["model"] == job["parent"]


def test_one_job_at_a_time_that_may_be_cancelled_or_killed(kept):
    before = kept.ask("GET", "/model").json["id"]
    assert kept.upload(*pictures()).status == 200
    job = kept.retrain().json["id"]
    second = kept.retrain()
    assert (second.status, second.json["code"]) == (409, "running")
    assert kept.ask("POST", "/model/rollback", headers=kept.bearer).json["code"] == "running"
    assert [each["status"] for each in kept.ask("GET", "/jobs").json["jobs"]] == ["running"]
    told = kept.ask("DELETE", f"/jobs/{job}", headers=kept.bearer).json
    assert told["status"] == "cancelled"
    assert told["ended_at"]
    assert kept.ask("DELETE", f"/jobs/{job}", headers=kept.bearer).json["code"] == "ended"
    assert kept.ask("GET", "/model").json["id"] == before
    assert [p.name for p in (kept.keeper.folder / "runs").iterdir()] == [before]
    job = kept.retrain().json["id"]
    time.sleep(0.5)  # then it is killed
    kept.app.state.jobs.running.child.kill()
    told = kept.ended(job)
    assert told["status"] == "failed"
    assert "its process ended before it was done" in told["error"]
    assert kept.ask("GET", "/model").json["id"] == before
    assert kept.ended(kept.retrain().json["id"])["status"] == "done"


def test_swaps_under_load(grown):
    """No error, and each answer from one model."""
    kept = grown
    models = [load(kept.keeper.lineage.current().run), load(kept.keeper.lineage.previous().run)]
    row = bars({"2": 1, "10": 1, "a": 1}, seed=3).pixels[2:]
    expected = {m.id: float(m.predict_proba(row).max()) for m in models}
    wrong, n_answers, stop = [], [0], threading.Event()

    def ask():
        while not stop.is_set():
            answer = kept.vectors(row.tolist())
            told = answer.json
            n_answers[0] += 1
            if answer.status != 200 or not np.isclose(
                told["predictions"][0]["probability"], expected[told["model"]], atol=1e-6
            ):
                wrong.append(told)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(8):
        assert kept.ask("POST", "/model/rollback", headers=kept.bearer).status == 200
        time.sleep(0.05)
    stop.set()
    for thread in threads:
        thread.join()
    assert not wrong
    assert n_answers[0] > 20


def test_the_newer_model_answers_after_the_service_was_started_again(run_with_table, tmp_path):
    with keeping(run_with_table, tmp_path / "data") as served:
        answer = served.ask("POST", "/model/rollback", headers=served.bearer)
        assert answer.json["code"] == "no_previous"
        assert served.upload(*pictures()).status == 200
        job = served.ended(served.retrain(from_scratch=True).json["id"])
        assert (job["status"], job["from_scratch"]) == ("done", True)
        newer = job["model"]
    with keeping(run_with_table, tmp_path / "data") as served:
        assert served.ask("GET", "/model").json["id"] == newer
        assert served.ask("POST", "/model/rollback", headers=served.bearer).status == 200
        first = served.ask("GET", "/model").json["id"]
    with keeping(run_with_table, tmp_path / "data") as served:
        assert served.ask("GET", "/model").json["id"] == first


def test_the_end_of_the_service_ends_a_job(run_with_table, tmp_path):
    with keeping(run_with_table, tmp_path / "data") as served:
        assert served.upload(*pictures()).status == 200
        job = served.retrain().json["id"]
    with keeping(run_with_table, tmp_path / "data") as served:
        assert served.ask("GET", f"/jobs/{job}").json["status"] == "interrupted"
        assert not (served.keeper.folder / "runs" / job).exists()


def test_a_run_whose_table_is_gone_answers_and_is_not_retrained(run_with_table, tmp_path):
    run = shutil.copytree(run_with_table, tmp_path / "run")
    data = json.loads((run / "data.json").read_text())
    (run / "data.json").write_text(json.dumps(data | {"path": str(tmp_path / "nowhere.npz")}))
    with keeping(run, tmp_path / "data") as served:
        assert served.vectors([[0] * 64]).status == 200
        assert served.upload(*pictures()).status == 200
        answer = served.retrain()
        assert (answer.status, answer.json["code"]) == (409, "no_run")
        assert "nowhere.npz" in answer.json["detail"]


def test_what_is_no_request(kept):
    headers = {"Content-Type": "application/json", **kept.bearer}
    wrong = {"[": 400, "[]": 422, '{"from_scratch": 1}': 422, '{"x": true}': 422, "[" * 9999: 400}
    for body, status in wrong.items():
        assert kept.ask("POST", "/retrain", body, headers).status == status
    assert kept.ask("POST", "/retrain", "{}", kept.bearer).status == 415
    assert kept.ask("POST", "/retrain", None, kept.bearer).json["code"] == "no_data"
    for method, path in (("GET", "/jobs/x"), ("DELETE", "/jobs/x")):
        assert kept.ask(method, path, headers=kept.bearer).status == 404


def test_nothing_is_kept_without_a_folder(served):
    assert served.retrain().json["code"] == "no_folder"
    assert served.ask("GET", "/jobs").json == {"jobs": []}
    assert served.ask("GET", "/data").json["code"] == "no_folder"


def test_what_was_decided_or_forgotten_is_so_in_the_next_model(run_with_table, tmp_path):
    with keeping(run_with_table, tmp_path / "data") as served:
        files, labels = pictures({"2": 4, "10": 4})
        told = served.upload(files, ["10", *labels[1:]]).json["pictures"]
        first = served.ended(served.retrain().json["id"])
        assert first["status"] == "done", first["error"]
        wrong, gone = told[0]["id"], told[1]["id"]
        headers = {"Content-Type": "application/json", **served.bearer}
        served.ask("PUT", f"/data/{wrong}", json.dumps({"label": "2"}), headers)
        served.ask("DELETE", f"/data/{gone}", headers=served.bearer)
        second = served.ended(served.retrain().json["id"])
        assert second["status"] == "done", second
        assert any(line.startswith("withdrawn: 2 images") for line in second["log"])
        splits = (served.keeper.folder / "runs" / second["id"] / "splits.csv").read_text()
        assert f",2,uploads/{wrong}," in splits
        assert gone not in splits
        assert served.ask("GET", "/data").json["conflicts"] == []


def test_a_job_that_is_cancelled_at_once_has_no_error(kept):
    assert kept.upload(*pictures()).status == 200
    job = kept.retrain().json["id"]
    start = time.monotonic()
    told = kept.ask("DELETE", f"/jobs/{job}", headers=kept.bearer).json
    assert (told["status"], told["error"], told["verdict"]) == ("cancelled", None, None)
    assert time.monotonic() - start < 60


def test_damage_of_what_is_kept_is_told(grown):
    run = grown.keeper.lineage.previous().run
    file = run / "model" / "model.npz"
    content = file.read_bytes()
    file.write_bytes(content[:-1])
    answer = grown.ask("POST", "/model/rollback", headers=grown.bearer)
    assert (answer.status, answer.json["code"]) == (409, "damaged")
    file.write_bytes(content)
    table = grown.keeper.lineage.current().run / "data" / "table.npz"
    grown.keeper._known = ("", {})
    content = table.read_bytes()
    table.write_bytes(content[:100])
    assert grown.ask("GET", "/data").status == 200
    table.write_bytes(content)
    grown.keeper._known = ("", {})


def test_each_model_has_its_own_line(run_with_table, tmp_path):
    """Another model in between does not lose what was retrained."""
    write_table(bars({"2": 20, "10": 20}, seed=4), tmp_path / "other.npz")
    fit(tmp_path / "other.npz", out=tmp_path / "other", params={"max_iter": 10}, folds=0)
    with keeping(run_with_table, tmp_path / "data") as served:
        newer = learned(served, *pictures())["model"]
    with keeping(tmp_path / "other", tmp_path / "data") as served:
        assert served.ask("GET", "/model").json["id"] == load(tmp_path / "other").id
    with keeping(run_with_table, tmp_path / "data") as served:
        assert served.ask("GET", "/model").json["id"] == newer
