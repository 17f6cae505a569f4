"""The models of a service: listed with how each was found, their reports, the way back."""

import json
import re

import pytest

from sklimg.pageparts import page_part, policy_digest
from tests.serve.conftest import TEST
from tests.serve.test_jobs import learned, pictures
from tests.serving import keeping


@pytest.fixture(scope="module")
def grown(run_with_table, tmp_path_factory):
    """A service that has learned a class more."""
    with keeping(run_with_table, tmp_path_factory.mktemp("models") / "data") as served:
        assert served.ask("GET", "/pictures?source=table&label=a").json["n_pictures"] == 0
        assert learned(served, *pictures())["status"] == "done"
        yield served


def models(served):
    return served.ask("GET", "/models").json["models"]


def test_the_models_are_listed_the_newest_first(grown):
    newer, older = models(grown)
    assert newer["id"] == grown.ask("GET", "/model").json["id"]
    assert newer["parent"] == older["id"]
    assert older["parent"] is None
    assert (newer["is_current"], newer["is_previous"]) == (True, False)
    assert (older["is_current"], older["is_previous"]) == (False, True)
    assert newer["test"] == grown.ask("GET", "/model").json["test"]
    assert newer["made_at"] > older["made_at"]
    assert newer["has_report"]
    assert older["has_report"]


def test_after_a_rollback_the_older_one_answers(grown):
    newer, older = models(grown)
    grown.ask("POST", "/model/rollback", headers=grown.bearer)
    try:
        found = {each["id"]: (each["is_current"], each["is_previous"]) for each in models(grown)}
        assert found == {newer["id"]: (False, True), older["id"]: (True, False)}
    finally:
        grown.ask("POST", "/model/rollback", headers=grown.bearer)


def test_new_pictures_are_new_no_more_once_they_are_learned(grown):
    classes = grown.ask("GET", "/data").json["classes"]
    assert {each["label"]: (each["pictures"], each["new"]) for each in classes} == {
        "2": (8, 0), "10": (8, 0), "a": (20, 0)
    }  # fmt: skip
    shown = grown.ask("GET", "/pictures?label=a").json["pictures"]
    assert [each["is_new"] for each in shown] == [False] * 20
    told = grown.ask("GET", "/pictures?source=table&label=a").json
    assert told["n_pictures"] == 20  # the newer table is read


def test_an_upload_that_was_learned_may_be_called_otherwise(grown):
    """What it was learned as is no other picture's label: nothing is in doubt."""
    told = grown.ask("GET", "/pictures?label=a&most=1").json["pictures"][0]
    assert told["copy_of"] == []
    headers = {"Content-Type": "application/json", **grown.bearer}
    for label in ("2", "a"):
        grown.ask("PUT", f"/data/{told['id']}", json.dumps({"label": label}), headers)
        data = grown.ask("GET", "/data").json
        assert (data["n_conflicts"], data["copies"]["of_table"]) == (0, 0)


def test_a_report_stands_alone(grown):
    """Whoever wrote it, it is of no site, so that it can ask this service nothing."""
    newer, _ = models(grown)
    answer = grown.ask("GET", f"/models/{newer['id']}/report")
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-scripts; default-src 'none';")
    assert "allow-same-origin" not in policy
    assert re.findall(r"script-src ([^;]*)", policy) == [
        f"'{policy_digest(page_part('report.js'))}'"
    ]
    run = grown.keeper.lineage.current().run
    assert answer.body == (run / "report.html").read_bytes()


@pytest.mark.parametrize("id", ["nothing", "..%2f..", "%00"])
def test_a_report_of_no_model(grown, id):
    answer = grown.ask("GET", f"/models/{id}/report")
    assert answer.status == 404
    assert answer.json["code"] == "not_found"


def test_a_run_without_a_report(grown):
    _, older = models(grown)
    file = grown.keeper.lineage.previous().run / "report.html"
    content = file.read_bytes()
    try:
        file.unlink()
        file.symlink_to("/dev/zero")
        assert grown.ask("GET", f"/models/{older['id']}/report").status == 404
    finally:
        file.unlink()
        file.write_bytes(content)


def test_a_service_that_keeps_nothing_has_one_model(served):
    facts = served.ask("GET", "/model").json
    assert models(served) == [
        {
            "id": facts["id"],
            "made_at": None,
            "parent": None,
            "test": TEST,
            "has_report": False,
            "is_current": True,
            "is_previous": False,
        }
    ]
    answer = served.ask("GET", f"/models/{facts['id']}/report")
    assert (answer.status, answer.json["code"]) == (409, "no_folder")
