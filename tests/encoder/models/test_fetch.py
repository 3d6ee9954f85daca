"""Fetching, against a server that speaks the hub's protocol: listing, redirects to a second host, ranges."""

from __future__ import annotations

import hashlib
import json
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import torch
from safetensors.torch import load_file, save

from encoder.models.fetch import Arrival, adopt, fetch
from encoder.models.model_folder import FolderRecord, faults, read_record
from encoder.models.registry import KnownModel, known_model
from index_data.errors import EncoderUnavailable
from index_data.lock import WriterLock

COMMIT = "c0ffee0000000000000000000000000000000000"
WEIGHTS = save({"weight": torch.arange(60_000, dtype=torch.float32)})
MODEL = replace(known_model("bidirlm-1b"), name="tiny", repository="us/tiny", revision=COMMIT)
NEEDED = {
    "config.json": b'{"model_type": "bidirlm"}',
    "tokenizer.json": b"{}" * 400,
    "modules.json": b"[]",
    "1_Pooling/config.json": b"{}",
    "model.safetensors": WEIGHTS,
}
NOT_NEEDED = {
    "README.md": b"# Tiny",
    "modeling_bidirlm.py": b"print('code')",
    "optimizer.pt": b"pickle",
    "onnx/model.onnx": b"graph",
    "../outside.json": b"{}",
}


class Hub(ThreadingHTTPServer):
    """What is published, how it misbehaves, and what was asked for and sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.port = self.server_address[1]
        self.files = {**NEEDED, **NOT_NEEDED}
        self.listed = dict(self.files)
        self.gated = False
        self.breaks_after: int | None = None
        """Bytes of the weights after which the connection drops; from then on it answers 503."""
        self.down = False
        self.sent: Counter[str] = Counter()
        self.ranges: list[str] = []
        self.tokens: set[tuple[str, str | None]] = set()


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Hub

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        host = self.headers["Host"].partition(":")[0]
        self.server.tokens.add((host, self.headers["Authorization"]))
        match [unquote(part) for part in urlsplit(self.path).path.split("/")[1:]]:
            case ["api", "models", "us", "tiny", "revision", revision]:
                self.list_files(revision)
            case ["us", "tiny", "resolve", "c0ffee0000000000000000000000000000000000", *path]:
                self.send_elsewhere("/".join(path))
            case ["content", *path]:
                self.send_content("/".join(path))
            case _:
                self.answer(404, {"X-Error-Code": "RepoNotFound"})

    def list_files(self, revision: str) -> None:
        if revision not in {COMMIT, "main"}:
            self.answer(404, {"X-Error-Code": "RevisionNotFound"})
            return
        siblings = [
            {"rfilename": path, "size": len(data), "blobId": git_name(data)}
            | ({"lfs": lfs(data)} if path.endswith(".safetensors") else {})
            for path, data in self.server.listed.items()
        ]
        self.answer(200, {}, json.dumps({"id": "us/tiny", "sha": COMMIT, "siblings": siblings}).encode())

    def send_elsewhere(self, path: str) -> None:
        if self.server.gated:
            self.answer(403, {"X-Error-Code": "GatedRepo"})
        else:
            self.answer(302, {"Location": f"http://localhost:{self.server.port}/content/{path}"})

    def send_content(self, path: str) -> None:
        hub, asked = self.server, self.headers["Range"]
        if hub.down:
            self.answer(503, {})
            return
        data = hub.files[path]
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        hub.ranges += [asked] if asked else []
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(data) - start))
        self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.end_headers()
        broken = hub.breaks_after is not None and path == "model.safetensors"
        part = data[start : hub.breaks_after if broken else None]
        self.wfile.write(part)
        hub.sent[path] += len(part)
        if broken:
            hub.down = self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

    def answer(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def git_name(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def lfs(data: bytes) -> dict[str, object]:
    return {"size": len(data), "sha256": hashlib.sha256(data).hexdigest(), "pointerSize": 134}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with Hub() as hub:
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{hub.port}")
        monkeypatch.delenv("HF_TOKEN", raising=False)
        thread = threading.Thread(target=hub.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield hub
        hub.shutdown()
        thread.join()


def fetched(models: Path, *, model: KnownModel = MODEL, revision: str = "") -> FolderRecord:
    return fetch(model, models, lambda _: None, revision=revision)


def test_the_needed_files_arrive_with_a_record(hub: Hub, tmp_path: Path) -> None:
    arrivals: list[Arrival] = []
    record = fetch(MODEL, tmp_path, arrivals.append)
    folder = tmp_path / "tiny"
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert there == {*NEEDED, "dragoman.json"}
    assert all((folder / path).read_bytes() == data for path, data in NEEDED.items())
    assert read_record(folder) == record
    assert (record.repository, record.revision, record.commit) == ("us/tiny", COMMIT, COMMIT)
    assert list(faults(folder, record)) == []
    assert not (tmp_path / "tiny.partial").exists()
    total = sum(map(len, NEEDED.values()))
    assert [arrival.arrived for arrival in arrivals] == sorted(arrival.arrived for arrival in arrivals)
    assert (arrivals[-1].arrived, arrivals[-1].expected) == (total, total)


def test_what_is_here_is_not_fetched_again(hub: Hub, tmp_path: Path) -> None:
    first = fetched(tmp_path)
    sent = hub.sent.total()
    assert fetched(tmp_path) == first
    assert fetched(tmp_path, revision="main") == first
    assert hub.sent.total() == sent


def test_a_branch_is_pinned_to_its_commit(hub: Hub, tmp_path: Path) -> None:
    record = fetched(tmp_path, model=replace(MODEL, revision=""))
    assert (record.revision, record.commit) == ("main", COMMIT)


@pytest.mark.parametrize("kept", [True, False])
def test_a_broken_transfer_goes_on_where_it_stopped(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, kept: bool
) -> None:
    # What the library has read of a block is lost with it; its blocks have 10 MB.
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 10_000)
    hub.breaks_after = 100_000
    with pytest.raises(EncoderUnavailable, match="the hub answered 503") as told:
        fetched(tmp_path)
    assert "what has arrived is kept" in told.value.remedy
    assert not (tmp_path / "tiny").exists()
    hub.down, hub.breaks_after = False, None
    if not kept:  # the control: without what had arrived, bytes are sent twice
        next((tmp_path / "tiny.partial").glob("model.safetensors.*.arriving")).unlink()
    fetched(tmp_path)
    assert (tmp_path / "tiny" / "model.safetensors").read_bytes() == WEIGHTS
    assert (hub.sent["model.safetensors"] == len(WEIGHTS)) is kept
    assert set(hub.ranges) == ({"bytes=100000-"} if kept else set())
    assert hub.sent["tokenizer.json"] == len(NEEDED["tokenizer.json"])


def test_an_interrupted_transfer_goes_on_where_it_stopped(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 10_000)

    def interrupt(arrival: Arrival) -> None:
        if arrival.file == "model.safetensors" and arrival.arrived > 100_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(MODEL, tmp_path, interrupt)
    arrived = next((tmp_path / "tiny.partial").glob("model.safetensors.*")).stat().st_size
    assert 100_000 - 1_000 < arrived < len(WEIGHTS)
    fetched(tmp_path)
    assert hub.ranges == [f"bytes={arrived}-"]
    assert (tmp_path / "tiny" / "model.safetensors").read_bytes() == WEIGHTS


@pytest.mark.parametrize("path", ["model.safetensors", "tokenizer.json"])
def test_other_bytes_than_listed_are_refused(hub: Hub, tmp_path: Path, path: str) -> None:
    hub.files[path] = hub.files[path][:-1] + b"?"
    with pytest.raises(EncoderUnavailable, match=f"{path} of tiny arrived damaged"):
        fetched(tmp_path)
    assert not (tmp_path / "tiny").exists()
    hub.files[path] = NEEDED[path]
    fetched(tmp_path)
    assert (tmp_path / "tiny" / path).read_bytes() == NEEDED[path]


def test_a_gated_repository_says_what_helps(hub: Hub, tmp_path: Path) -> None:
    hub.gated = True
    with pytest.raises(EncoderUnavailable, match="only to those who accepted its terms") as told:
        fetched(tmp_path)
    assert "HF_TOKEN" in told.value.remedy


def test_the_token_goes_to_the_hub_and_to_nobody_else(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    fetched(tmp_path)
    assert hub.tokens == {("127.0.0.1", "Bearer hf_secret"), ("localhost", None)}


@pytest.mark.parametrize(
    ("repository", "revision", "message"),
    [("us/none", "", "the hub shows no us/none"), ("us/tiny", "v9", "us/tiny has no revision v9")],
)
def test_what_is_not_there_is_told(
    hub: Hub, tmp_path: Path, repository: str, revision: str, message: str
) -> None:
    with pytest.raises(EncoderUnavailable, match=message):
        fetched(tmp_path, model=replace(MODEL, repository=repository), revision=revision)


def test_a_hub_that_is_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{closed.getsockname()[1]}")
        with pytest.raises(EncoderUnavailable, match="the hub cannot be reached"):
            fetched(tmp_path)


def test_a_repository_without_weights_is_refused(hub: Hub, tmp_path: Path) -> None:
    del hub.listed["model.safetensors"]
    with pytest.raises(EncoderUnavailable, match=r"model\.safetensors is not among the files of tiny"):
        fetched(tmp_path)


def test_pickled_weights_become_safetensors(hub: Hub, tmp_path: Path) -> None:
    pickled = tmp_path / "weights.bin"
    torch.save({"a": torch.arange(3), "b": torch.ones(2, 2).T}, pickled)
    del hub.listed["model.safetensors"]
    hub.listed["pytorch_model.bin"] = hub.files["pytorch_model.bin"] = pickled.read_bytes()
    record = fetched(tmp_path)
    folder = tmp_path / "tiny"
    assert not (folder / "pytorch_model.bin").exists()
    assert load_file(folder / "model.safetensors")["b"].tolist() == [[1, 1], [1, 1]]
    published = hashlib.sha256(pickled.read_bytes()).hexdigest()
    assert record.files["model.safetensors"].made_from == published


class Evil:
    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (Path("obeyed"),))


def test_a_pickle_that_holds_code_is_not_obeyed(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save(Evil(), "evil.bin")
    del hub.listed["model.safetensors"]
    hub.listed["pytorch_model.bin"] = hub.files["pytorch_model.bin"] = Path("evil.bin").read_bytes()
    with pytest.raises(EncoderUnavailable, match="does not hold weights alone"):
        fetched(tmp_path)
    assert not Path("obeyed").exists()
    torch.load("evil.bin", weights_only=False)  # the control
    assert Path("obeyed").exists()


def test_only_the_known_dense_head_is_needed(hub: Hub, tmp_path: Path) -> None:
    for size in (256, 1024):
        hub.files[f"2_Dense_{size}/model.safetensors"] = WEIGHTS
    hub.listed = dict(hub.files)
    record = fetched(tmp_path, model=replace(MODEL, heads=("2_Dense_1024",)))
    assert set(record.files) == {*NEEDED, "2_Dense_1024/model.safetensors"}


def test_two_do_not_fetch_the_same_at_once(hub: Hub, tmp_path: Path) -> None:
    other = WriterLock(tmp_path / ".tiny.lock")
    with pytest.raises(EncoderUnavailable, match="another process is fetching tiny"):
        fetched(tmp_path)
    other.release()
    fetched(tmp_path)


@pytest.mark.parametrize("layout", ["plain", "cache"])
def test_a_copy_is_imported_without_the_network(tmp_path: Path, layout: str) -> None:
    source = tmp_path / "source"
    folder = source if layout == "plain" else source / "snapshots" / COMMIT
    for path, data in {**NEEDED, "modeling_bidirlm.py": b"", "onnx/model.onnx": b""}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    record = adopt(MODEL, source, tmp_path / "models", lambda _: None)
    assert record.commit == ("" if layout == "plain" else COMMIT)
    assert set(record.files) == set(NEEDED)
    assert list(faults(tmp_path / "models" / "tiny", record)) == []


def test_what_was_changed_since_is_named(hub: Hub, tmp_path: Path) -> None:
    record = fetched(tmp_path)
    folder = tmp_path / "tiny"
    (folder / "modules.json").unlink()
    (folder / "config.json").write_bytes(NEEDED["config.json"] + b" ")
    (folder / "model.safetensors").write_bytes(WEIGHTS[:-1] + b"?")
    assert list(faults(folder, record)) == [
        "config.json has 26 bytes, not 25",
        "model.safetensors has other bytes than were fetched",
        "modules.json is missing",
    ]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"files": {"a": {}}}'])
def test_a_record_that_is_none_is_told(tmp_path: Path, text: str) -> None:
    with pytest.raises(EncoderUnavailable, match=r"has no dragoman\.json"):
        read_record(tmp_path)
    (tmp_path / "dragoman.json").write_text(text, encoding="utf-8")
    with pytest.raises(EncoderUnavailable, match="cannot be read"):
        read_record(tmp_path)
