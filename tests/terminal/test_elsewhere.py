"""An index in Milvus, with its documents here or in PostgreSQL, as a user has it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from encoder.interface import Embedder
from index_data.cluster.elsewhere import Elsewhere
from index_data.errors import IndexForeign
from terminal import wiring
from terminal.cli import main
from terminal.collections import collection
from terminal.engine.opening import engine_of
from terminal.folders import handles_folder
from terminal.settings import load_settings

if TYPE_CHECKING:
    from tests.conftest import LetterEmbedder

SAMPLES = Path(__file__).parents[2] / "samples" / "documents"
QUESTION = "how long does the bread rise"
OTHERS = {
    "brot.md": "# Brot\n\nDas Brot ruht über Nacht und wird dann gebacken.\n",
    "面包.txt": "面团要发酵一个小时,然后放进烤箱。\n",
    "steuer.txt": "Die Steuer ist im Mai fällig.\n",
}
KEPT = ("milvus", "postgres")

Said = Callable[..., Any]


@pytest.fixture(autouse=True)
def _letters(letter_embedder: Embedder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiring, "_load_embedder", lambda _settings, _made_by, _announce: letter_embedder)


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"milvus://{tmp_path}/vectors.db/papers"


@pytest.fixture
def place(address: str, request: pytest.FixtureRequest) -> list[str]:
    """Name where the index is; parametrized by where its documents are."""
    catalogue = request.getfixturevalue("postgres") if request.param == "postgres" else None
    return ["--index", address, *(["--catalogue", catalogue] if catalogue else [])]


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    """Make documents in several languages, and one that cannot be read."""
    folder = tmp_path / "papers"
    folder.mkdir()
    shutil.copy(SAMPLES / "history-and-law" / "gettysburg-address.txt", folder)
    for name, text in OTHERS.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "bread.txt").write_text("Let the bread rise for an hour, then bake it.\n", encoding="utf-8")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 and no more")
    return folder


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    """Run a command that ends well, and read the JSON that it says."""

    def run(*arguments: str | Path) -> Any:
        capsys.readouterr()
        assert main([*map(str, arguments), "--json"]) == 0, capsys.readouterr().err
        return json.loads(capsys.readouterr().out)

    return run


def answers(said: Said, mode: str, *where: str) -> list[tuple[str, list[int], float]]:
    found = said("search", QUESTION, "--mode", mode, "--min-score", "0", "--no-rerank", *where)
    return [(hit["path"], hit["char"], round(hit["score"], 4)) for hit in found["results"]]


@pytest.mark.parametrize("place", KEPT, indirect=True)
def test_it_is_used_as_one_in_a_folder(
    place: list[str], papers: Path, tmp_path: Path, said: Said, letter_embedder: LetterEmbedder
) -> None:
    here = ["--index", str(tmp_path / "here")]
    assert said("ingest", papers, *here)["passages"] == said("ingest", papers, *place)["passages"]
    embedded = letter_embedder.embedded_windows
    assert said("ingest", papers, *place)["ingested"] == 0
    assert letter_embedder.embedded_windows == embedded

    later = place[:2]  # the address alone says where the documents are
    assert answers(said, "dense", *later) == answers(said, "dense", *here)
    assert answers(said, "lexical", *later)[0][:2] == answers(said, "lexical", *here)[0][:2]
    assert {hit[:1] for hit in answers(said, "hybrid", *later)} == {
        hit[:1] for hit in answers(said, "hybrid", *here)
    }
    first = said("search", QUESTION, "--mode", "lexical", *later)["results"][0]
    assert Path(first["path"]).name == "bread.txt"
    assert said("similar", str(first["passage_id"]), *later)["results"]
    assert said("get", str(first["passage_id"]), *later)["passages"]
    assert said("explain", QUESTION, *later)["hits"]
    assert main(["search", QUESTION, "-o", str(tmp_path / "found.csv"), *later]) == 0
    assert (tmp_path / "found.csv").stat().st_size
    assert said("verify", "--passage", str(first["passage_id"]), *later)["holds"] == 1

    status = said("status", "--files", *later)
    assert status["server"]["address"] == later[1]
    assert status["server"]["passages"] == status["passages"]
    assert len(status["files"]) == status["documents"] + 1
    assert said("check", "--full", *later)["findings"] == []

    back = ["--index", str(tmp_path / "back")]
    migrated = said("migrate", back[1], *later)
    assert (migrated["passages"], migrated["moved"]) == (status["passages"], status["documents"])
    assert migrated["same_ids"]
    for mode in ("dense", "lexical", "hybrid"):
        assert answers(said, mode, *back) == answers(said, mode, *here)
    assert said("status", *later) == {key: status[key] for key in status if key != "files"}


@pytest.mark.parametrize("place", KEPT, indirect=True)
def test_it_is_looked_after(
    place: list[str], papers: Path, tmp_path: Path, said: Said, capsys: pytest.CaptureFixture[str]
) -> None:
    passages = said("ingest", papers, *place)["passages"]
    for command in (["rebuild"], ["gc"], ["repair"], ["check", "--full"]):
        said(*command, *place)
        assert said("status", *place)["server"]["passages"] == passages
    said("purge", "--yes", papers / "bread.txt", *place)
    left = said("status", *place)
    assert left["server"]["passages"] == left["passages"] == passages - 1
    copy = tmp_path / "copy"
    code = main(["backup", str(copy), *place])
    told = capsys.readouterr().err
    main(["doctor", *place])
    doctor = capsys.readouterr().out
    assert "ok       Milvus " in doctor
    if len(place) > 2:
        assert "ok       PostgreSQL " in doctor
        assert code == 2
        assert "pg_dump" in told
        assert not copy.exists()
    else:
        assert code == 0
        assert said("check", "--full", "--index", copy)["findings"] == []
        assert said("status", "--index", copy)["server"] is None
    assert main(["repair", "--start-anew", *place]) == 0  # nothing is wrong with it


def test_its_vectors_may_be_lost(address: str, papers: Path, tmp_path: Path, said: Said) -> None:
    passages = said("ingest", papers, "--index", address)["passages"]
    shutil.rmtree(tmp_path / "vectors.db")
    assert main(["check", "--index", address]) == 1
    assert said("ingest", papers, "--index", address)["ingested"] == 0
    assert said("status", "--index", address)["server"]["passages"] == passages
    assert said("check", "--full", "--index", address)["findings"] == []


def test_a_collection_may_be_elsewhere(address: str, papers: Path, said: Said) -> None:
    said("ingest", papers, "--collection", "papers", "--index", address)
    assert said("search", QUESTION, "--collection", "papers")["results"]
    [held] = said("collections", "list")["collections"]
    assert (held["name"], held["folder"]) == ("papers", str(collection("papers").folder))
    assert held["documents"]


@pytest.fixture
def somebodys(tmp_path: Path) -> Path:
    """Name a folder that somebody else made, to stand for an index of theirs."""
    folder = tmp_path / "somebodys"
    Elsewhere(str(tmp_path / "theirs.db"), "papers").keep(folder)
    return folder


@pytest.mark.parametrize(
    "command",
    [
        ["search", "x"],
        ["similar", "1"],
        ["get", "1"],
        ["explain", "x"],
        ["status"],
        ["check"],
        ["check", "--full"],
        ["repair"],
        ["rebuild"],
        ["gc"],
        ["verify"],
        ["map", "-o", "map.html"],
        ["backup", "copy"],
        ["purge", "--yes", "papers"],
        ["ingest", "papers"],
        ["migrate", "copy"],
        ["selftest"],
        ["open", "1"],
    ],
    ids=" ".join,
)
def test_a_folder_of_somebody_else_connects_to_nothing(
    command: list[str],
    somebodys: Path,
    papers: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    del papers
    monkeypatch.chdir(tmp_path)
    assert main([*command, "--index", str(somebodys)]) == 3
    told = capsys.readouterr().err
    assert "you have not named it" in told
    assert f"name it once: --index milvus://{tmp_path}/theirs.db/papers" in told
    assert not (tmp_path / "theirs.db").exists()


def test_a_collection_of_somebody_else_connects_to_nothing(
    somebodys: Path, tmp_path: Path, said: Said
) -> None:
    collection("theirs").folder.parent.mkdir(parents=True)
    somebodys.rename(collection("theirs").folder)
    [held] = said("collections", "list")["collections"]
    assert "you have not named it" in held["problem"]
    assert not (tmp_path / "theirs.db").exists()


def test_what_was_named_once_is_known(somebodys: Path, papers: Path, tmp_path: Path, said: Said) -> None:
    said("ingest", papers, "--index", f"milvus://{tmp_path}/theirs.db/papers")
    # The control: the same folder, and now it goes as far as to see that it is of another index.
    assert main(["status", "--index", str(somebodys)]) == 3
    assert (tmp_path / "theirs.db").exists()


def test_a_project_names_no_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dragoman.toml").write_text(
        f'index = "milvus://{tmp_path}/theirs.db/papers"\ncatalogue = "postgresql://db/x"\n', encoding="utf-8"
    )
    assert main(["status"]) == 3
    assert "index may not be set by a project" in capsys.readouterr().err
    assert not handles_folder().exists()


@pytest.mark.parametrize(
    ("address", "catalogue"),
    [
        ("milvus://db.example/papers", None),
        ("milvus+tls://10.1.2.3:443/papers", None),
        ("milvus://localhost/papers", "postgresql://me@db.example/papers"),
        ("milvus://localhost/papers", "postgresql:///papers?host=db.example"),
        ("milvus://localhost/papers", "postgresql://localhost,db.example/papers"),
    ],
)
def test_offline_means_this_machine(
    address: str, catalogue: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    more = ["--catalogue", catalogue] if catalogue else []
    assert main(["search", "x", "--offline", "--index", address, *more]) == 2
    assert "is on another machine, " in capsys.readouterr().err


def test_another_catalogue_is_refused(address: str, papers: Path, said: Said, capsys: Any) -> None:
    said("ingest", papers, "--index", address)
    assert main(["status", "--index", address, "--catalogue", "postgresql://me@db.example/papers"]) == 3
    assert "not in postgresql://me@db.example/papers" in capsys.readouterr().err
    assert main(["status", "--index", "somewhere", "--catalogue", "postgresql://db/x"]) == 2
    assert "a catalogue goes with an index in Milvus" in capsys.readouterr().err


def test_passwords_have_another_place(capsys: pytest.CaptureFixture[str]) -> None:
    for given in (
        ["--index", "milvus://me:secret@db/papers"],
        ["--index", "milvus://db/papers", "--catalogue", "postgresql://me:secret@db/x"],
        ["--index", "milvus://db/papers", "--catalogue", "postgresql://db/x?password=secret"],
    ):
        assert main(["status", *given]) == 2
        told = capsys.readouterr().err
        assert "password" in told
        assert "secret" not in told


def test_an_engine_sees_what_others_write_and_what_its_folder_stands_for(
    address: str, papers: Path, tmp_path: Path, said: Said
) -> None:
    said("ingest", papers, "--index", address)
    settings = load_settings({"index": address}, {})
    with engine_of(settings) as engine:
        before = engine.generation()
        (papers / "olives.txt").write_text("Olives grow near the sea.\n", encoding="utf-8")
        said("ingest", papers, "--index", address)
        assert engine.generation() == before + 1
        assert engine.summary().documents == said("status", "--index", address)["documents"]
        Elsewhere(str(tmp_path / "vectors.db"), "others").keep(settings.index)
        with pytest.raises(IndexForeign, match="you have not named it"):
            engine.generation()
