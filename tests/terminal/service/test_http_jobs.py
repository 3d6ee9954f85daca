"""Ingests by HTTP: only where they are allowed, followed to their end."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import jsonschema
import platformdirs
import pytest
from starlette.testclient import TestClient

from terminal.diagnostics import INTERRUPTED
from terminal.jobs.ingest_jobs import _born
from terminal.json_schemas import json_schema

NAME = "20260101T000000-abcdef"
STEPS: list[dict[str, Any]] = [
    {"type": "found", "files": 1, "bytes": 5, "unsupported": {}, "ignored": 0},
    {"type": "unchanged", "path": "/papers/\udcff\u2028.txt", "path_bytes": None},
]


def check(fields: dict[str, Any]) -> dict[str, Any]:
    jsonschema.Draft202012Validator(json_schema(fields["schema"])).validate(fields)
    return fields


def events(text: str) -> list[dict[str, str]]:
    blocks = [block for block in text.split("\n\n") if block and not block.startswith(":")]
    return [dict(line.split(": ", 1) for line in block.splitlines()) for block in blocks]


@pytest.fixture
def leave(shelf: Any) -> Callable[..., Path]:
    """Leave word of an ingest into the library, as if some process had."""

    def leave(name: str = NAME, *, index: str | None = None, report: Any = None, **word: Any) -> Path:
        folder = platformdirs.user_state_path("dragoman") / "jobs" / name
        folder.mkdir(parents=True)
        told = {"paths": ["/papers"], "started": "2026-01-01T00:00:00+00:00", "process": 2**22 + 1, "born": 1}
        told |= {"index": index or str(shelf.index_folder)} | word
        (folder / "job.json").write_text(json.dumps(told))
        (folder / "progress.jsonl").write_text("".join(json.dumps(step) + "\n" for step in STEPS))
        (folder / "report.json").write_text("" if report is None else json.dumps(report))
        return folder

    return leave


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    """Start a process that waits for its stdin to close."""
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as child:
        try:
            yield child
        finally:
            if child.poll() is None:
                child.kill()


def test_nothing_is_started_or_stopped_where_it_is_not_allowed(
    client: TestClient, client_that_may_ingest: TestClient, leave: Callable[..., Path]
) -> None:
    leave()
    assert client.post("/v1/jobs", json={"paths": ["/papers"]}).status_code == 403
    assert client.post(f"/v1/jobs/{NAME}/stop").status_code == 403
    assert client_that_may_ingest.post(f"/v1/jobs/{NAME}/stop").status_code == 202
    assert len(client.get("/v1/jobs").json()["jobs"]) == 1


@pytest.mark.parametrize(
    ("named", "status"),
    [
        ("{root}/inbox/../outside", 403),
        ("{root}/outside", 403),
        ("{root}/inbox2", 403),
        ("{root}/inbox/link-out", 403),
        ("{root}/inbox/link-out/secret.txt", 403),
        ("inbox", 403),
        ("~/inbox", 403),
        ("/", 403),
        ("{root}/inbox/\u0000", 403),
        ("{root}/inbox/nothing", 404),
        pytest.param("{root}/inbox/" + "x" * 300, 404, id="long"),
        ("", 400),
    ],
)
def test_only_what_lies_below_an_allowed_folder_is_read(
    named: str, status: int, client_that_may_ingest: TestClient, tmp_path: Path
) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "inbox2").mkdir()
    (tmp_path / "outside" / "secret.txt").write_text("secret")
    (tmp_path / "inbox" / "link-out").symlink_to(tmp_path / "outside")
    wanted = {"paths": [str(tmp_path / "inbox"), named.replace("{root}", str(tmp_path))]}
    assert client_that_may_ingest.post("/v1/jobs", json=wanted).status_code == status
    assert client_that_may_ingest.get("/v1/jobs").json()["jobs"] == []


@pytest.mark.parametrize(
    "wanted", [{}, {"paths": []}, {"paths": "x"}, {"paths": ["/x"] * 101}, {"paths": ["/x"], "model": "y"}]
)
def test_what_does_not_fit_is_refused(wanted: Any, client_that_may_ingest: TestClient) -> None:
    assert client_that_may_ingest.post("/v1/jobs", json=wanted).status_code == 400


def test_jobs_of_other_indexes_are_not_there(client: TestClient, leave: Callable[..., Path]) -> None:
    leave()
    leave("20260102T000000-abcdef", index="/another/index")
    assert [job["id"] for job in check(client.get("/v1/jobs").json())["jobs"]] == [NAME]
    for path in ("", "/events"):
        assert client.get(f"/v1/jobs/{NAME}{path}").status_code == 200
        assert client.get(f"/v1/jobs/20260102T000000-abcdef{path}").status_code == 404
        assert client.get(f"/v1/jobs/..%2f{NAME}{path}").status_code == 404
        assert client.get(f"/v1/jobs/nothing{path}").status_code == 404


def test_a_job_tells_how_it_ended(client: TestClient, leave: Callable[..., Path]) -> None:
    folder = leave(report={"schema": "dragoman.ingest/1", "stopped": True})
    job = check(client.get(f"/v1/jobs/{NAME}").json())
    assert (job["state"], job["reason"]) == ("stopped", None)
    assert job["report"]["stopped"]
    (folder / "report.json").write_text("")
    (folder / "progress.jsonl").write_text("{}\ndragoman: \x1b[2J no room\n  Make some.\n")
    job = check(client.get(f"/v1/jobs/{NAME}").json())
    assert (job["state"], job["report"]) == ("failed", None)
    assert job["reason"] == "dragoman: \ufffd[2J no room Make some."
    (folder / "progress.jsonl").write_text(f"{{}}\n{INTERRUPTED}\n  Again goes on.\n")
    job = check(client.get(f"/v1/jobs/{NAME}").json())
    assert (job["state"], job["report"], job["reason"]) == ("stopped", None, None)


def test_events_can_be_followed_and_resumed(client: TestClient, leave: Callable[..., Path]) -> None:
    folder = leave(report={"schema": "dragoman.ingest/1", "stopped": False})
    with (folder / "progress.jsonl").open("a") as file:
        file.write("dragoman: \x1b[2J odd\n")
    answer = client.get(f"/v1/jobs/{NAME}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    told = events(answer.text)
    assert [event["event"] for event in told] == ["step", "step", "words", "end"]
    assert [json.loads(event["data"]) for event in told[:2]] == STEPS
    assert json.loads(told[2]["data"]) == {"text": "dragoman: \ufffd[2J odd"}
    assert check(json.loads(told[3]["data"]))["state"] == "done"
    for seen in range(3):
        again = client.get(f"/v1/jobs/{NAME}/events", headers={"Last-Event-ID": told[seen]["id"]})
        assert events(again.text) == told[seen + 1 :]
    head = client.head(f"/v1/jobs/{NAME}/events")
    assert (head.status_code, head.content) == (200, b"")
    over = client.get(f"/v1/jobs/{NAME}/events", headers={"Last-Event-ID": told[3]["id"]})
    assert (over.status_code, over.content) == (204, b"")
    odd = client.get(f"/v1/jobs/{NAME}/events", headers={"Last-Event-ID": "-1"})
    assert odd.status_code == 400


def test_the_end_comes_when_the_process_ends_and_not_before(
    serving: Any, leave: Callable[..., Path], child: subprocess.Popen[bytes], bearer: dict[str, str]
) -> None:
    folder = leave(process=child.pid, born=_born(child.pid))
    assert child.stdin is not None
    with (
        serving() as served,
        httpx2.Client(headers=bearer, trust_env=False, timeout=30) as client,
        client.stream("GET", f"{served.url}/v1/jobs/{NAME}/events") as answer,
    ):
        lines = answer.iter_lines()
        kinds = [line for line in _until(lines, STEPS[1]["type"]) if line.startswith("event")]
        assert kinds == ["event: step", "event: step"]
        with (folder / "progress.jsonl").open("a") as file:
            file.write('{"type": "finished"}\n')
        assert "event: end" not in _until(lines, "finished")
        child.stdin.close()
        child.wait(30)
        assert "event: end" in list(lines)


def test_a_stream_does_not_keep_the_server_from_ending(
    serving: Any, leave: Callable[..., Path], child: subprocess.Popen[bytes], bearer: dict[str, str]
) -> None:
    leave(process=child.pid, born=_born(child.pid))
    first = threading.Event()

    def follow(url: str) -> None:
        with (
            httpx2.Client(headers=bearer, trust_env=False, timeout=30) as client,
            client.stream("GET", f"{url}/v1/jobs/{NAME}/events") as answer,
        ):
            try:
                for _ in answer.iter_lines():
                    first.set()
            except httpx2.TransportError:
                pass

    with serving() as served:
        thread = threading.Thread(target=follow, args=(served.url,))
        thread.start()
        assert first.wait(30)
    thread.join(30)
    assert not thread.is_alive()


def test_a_second_ingest_waits_for_the_first_and_can_stop_it(
    client_that_may_ingest: TestClient,
    leave: Callable[..., Path],
    child: subprocess.Popen[bytes],
    tmp_path: Path,
) -> None:
    leave(process=child.pid, born=_born(child.pid))
    client = client_that_may_ingest
    refused = client.post("/v1/jobs", json={"paths": [str(tmp_path / "inbox")]})
    assert refused.status_code == 409
    assert NAME in refused.json()["detail"]
    assert check(client.post(f"/v1/jobs/{NAME}/stop").json())["id"] == NAME
    assert child.wait(30) == -signal.SIGINT


def test_an_ingest_from_its_start_to_its_end(
    client_that_may_ingest: TestClient, shelf: Any, tmp_path: Path
) -> None:
    """The library is by an encoder that the process does not have, which it says."""
    wanted = {"paths": [str(tmp_path / "inbox")], "prune": False}
    started = client_that_may_ingest.post("/v1/jobs", json=wanted)
    assert started.status_code == 202
    job = check(started.json())
    assert started.headers["location"] == f"/v1/jobs/{job['id']}"
    assert job["paths"] == [str(tmp_path / "inbox")]
    told = events(client_that_may_ingest.get(f"/v1/jobs/{job['id']}/events").text)
    end = check(json.loads(told[-1]["data"]))
    assert end["state"] == "failed"
    assert "letters" in end["reason"]


def _until(lines: Iterator[str], word: object) -> list[str]:
    """Read lines up to the one that holds `word`."""
    found = []
    for line in lines:
        found.append(line)
        if str(word) in line:
            return found
    raise AssertionError(f"{word} did not come")
