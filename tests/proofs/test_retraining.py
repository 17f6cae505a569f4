"""More pictures make a service's model better, never worse, and nothing is lost on the way."""

import csv
import os
import random
import signal
import threading
import time
from contextlib import suppress

import numpy as np
import pytest

from sklimg.model import load
from sklimg.training import fit
from tests.builders import bars
from tests.kills import children_of
from tests.serve.test_jobs import learned, pictures
from tests.serving import command, keeping
from tests.uploads import bring, check_kept

LEFT_OUT = "Bear"  # of the animals, the class that a service learns
N_UPLOADED = 100


@pytest.fixture(scope="module")
def run(run_with_table):
    return run_with_table


@pytest.mark.long
def test_a_thousand_uploads_and_twenty_kills(run, seed, case, tmp_path):
    acknowledged = bring(run, tmp_path, 1000, 20, np.random.default_rng(seed))
    check_kept(tmp_path, acknowledged, 1000)
    for id in acknowledged:
        case(acknowledged.count(id) == 1, f"{id} acknowledged twice")


@pytest.mark.long
def test_retrains_that_are_killed_at_twenty_points(run, seed, case, tmp_path, record_property):
    """The service itself at ten of them, the process that trains at the others."""
    rng, statuses = np.random.default_rng(seed), []
    with command(run, "--data", "kept", cwd=tmp_path) as (_, served):
        first = served.ask("GET", "/model").json["id"]
        assert served.upload(*pictures()).status == 200
    expected = load(run).predict_proba(np.full((1, 64), 7, np.uint8)).max()
    for number in range(20):
        with command(run, "--data", "kept", cwd=tmp_path) as (process, served):
            job = served.retrain().json["id"]
            time.sleep(rng.uniform(0, 4))
            if number % 2:
                process.kill()
                process.wait()
            else:
                for child in children_of(process.pid):
                    with suppress(ProcessLookupError):
                        os.kill(child, signal.SIGKILL)
                served.ended(job)
        with command(run, "--data", "kept", cwd=tmp_path) as (_, served):
            status = served.ask("GET", f"/jobs/{job}").json["status"]
            statuses.append(status)
            answer = served.vectors([[7] * 64]).json
            runs = [path.name for path in (tmp_path / "kept" / "runs").iterdir()]
            if status == "done":  # it was over before it was killed
                case(answer["model"] != first, f"{number}: done, and the old model answers")
                served.ask("POST", "/model/rollback", headers=served.bearer)
                answer = served.vectors([[7] * 64]).json
            else:
                case(status in ("failed", "interrupted"), f"{number}: {status}")
                case(job not in runs, f"{number}: a torn run is left: {runs}")
            found = answer["predictions"][0]["probability"]
            case(answer["model"] == first, f"{number}: {answer['model']} answers")
            case(abs(found - expected) < 1e-6, f"{number}: other answers")
    with command(run, "--data", "kept", cwd=tmp_path) as (_, served):
        case(served.ended(served.retrain().json["id"])["status"] == "done", "the next retrain")
    counts = {status: statuses.count(status) for status in sorted(set(statuses))}
    record_property("note", f"{counts}")


@pytest.mark.long
def test_fifty_swaps_under_load(run, case, tmp_path, record_property):
    with keeping(run, tmp_path / "data") as served:
        learned(served, *pictures())
        lineage = served.keeper.lineage
        models = [load(lineage.current().run), load(lineage.previous().run)]
        rows = bars({"2": 1, "10": 1, "a": 1}, seed=3).pixels
        expected = {m.id: m.predict_proba(rows).max(axis=1) for m in models}
        n_of_model, stop = {m.id: 0 for m in models}, threading.Event()

        def ask():
            while not stop.is_set():
                answer = served.vectors(rows.tolist())
                told = answer.json
                if answer.status != 200:
                    case(False, f"{answer.status}: {told}")
                    continue
                found = [each["probability"] for each in told["predictions"]]
                is_one = np.allclose(found, expected[told["model"]], atol=1e-6)
                case(is_one, "an answer from no one model")
                n_of_model[told["model"]] += 1

        clients = [threading.Thread(target=ask) for _ in range(8)]
        for client in clients:
            client.start()
        for _ in range(50):
            swapped = served.ask("POST", "/model/rollback", headers=served.bearer)
            case(swapped.status == 200, f"a swap: {swapped.status}")
            time.sleep(0.1)
        stop.set()
        for client in clients:
            client.join()
        case(min(n_of_model.values()) > 100, f"answers of each model: {n_of_model}")
        record_property("note", f"answers of each model {sorted(n_of_model.values())}")


@pytest.mark.long
def test_animals_learn_a_class_and_refuse_poison(
    shared, shared_model, seed, case, tmp_path, record_property
):
    """A class of which 100 photographs are brought; then 200 pictures under drawn labels."""
    rng = random.Random(seed)
    photos = sorted((shared / "animals").glob("*/*"))
    of_class = [path for path in photos if path.parent.name == LEFT_OUT]
    picture = lambda path: "_".join(path.stem.split("_")[:2])  # noqa: E731
    names = sorted({picture(path) for path in of_class})
    rng.shuffle(names)
    kept_back = [path for path in of_class if picture(path) in names[: len(names) // 4]]
    brought = [path for path in of_class if picture(path) in names[len(names) // 4 :]]
    brought = rng.sample(brought, min(N_UPLOADED, len(brought)))
    with (tmp_path / "map.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "label"])
        for path in photos:
            if path.parent.name != LEFT_OUT:
                link = tmp_path / "photos" / path.parent.name / path.name
                link.parent.mkdir(parents=True, exist_ok=True)
                link.write_bytes(path.read_bytes())
                writer.writerow([str(link.relative_to(tmp_path)), path.parent.name])
    fit(tmp_path / "map.csv", out=tmp_path / "run", features=f"onnx:{shared_model}", folds=0)
    with keeping(tmp_path / "run", tmp_path / "data") as served:
        before = served.ask("GET", "/model").json
        answer = served.upload([path.read_bytes() for path in brought], [LEFT_OUT])
        case(len(answer.json["pictures"]) == len(brought), "not all were kept")
        job = served.ended(served.retrain().json["id"], 1200)
        case(job["status"] == "done", f"{job['status']}: {job['error']} {job['verdict']}")
        told = []
        for first in range(0, len(kept_back), 20):
            some = [path.read_bytes() for path in kept_back[first : first + 20]]
            told += [p["label"] for p in served.images(*some).json["predictions"]]
        n_right = told.count(LEFT_OUT)
        case(n_right >= 0.8 * len(told), f"{n_right} of {len(told)} photographs kept back")
        now = served.ask("GET", "/model").json
        case(job["verdict"]["known"]["difference_interval"][1] >= 0, "others are read worse")
        products = sorted((shared / "products").glob("*/*"))
        poison = rng.sample(products, 200)
        classes = [each["label"] for each in served.ask("GET", "/classes").json["classes"]]
        labels = [rng.choice(classes) for _ in poison]
        for first in range(0, 200, 50):
            some = [path.read_bytes() for path in poison[first : first + 50]]
            case(served.upload(some, labels[first : first + 50]).status == 200, "poison is kept")
        refused = served.ended(served.retrain().json["id"], 1200)
        case(refused["status"] == "refused", f"poison: {refused['status']} {refused['error']}")
        case(served.ask("GET", "/model").json["id"] == now["id"], "another model answers")
        record_property(
            "note",
            f"{n_right} of {len(told)} kept back; gate {job['verdict']['words']}; test "
            f"{before['test']['accuracy']:.3f} -> {now['test']['accuracy']:.3f}; poison "
            f"{refused['verdict'] and refused['verdict']['words']}",
        )
