"""Every step, killed at any point, gives on the next run what an unbroken run gives."""

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer

from tests.training.conftest import WORDS, write_encoder
from training import static, vocabulary
from training.body import TABLE
from training.export import export
from training.held_out import HeldOut
from training.pairs import Pair
from training.static import train_static
from training.transplant import make_transplant
from training.vocabulary import make_vocabulary
from training.writer import Writer

SEED = 3
LINES = (
    ("the house is fine and the door is open", "das Haus ist schön und die Tür ist offen"),
    ("a river runs under the old bridge", "ein Fluss fließt unter der alten Brücke"),
    ("she reads her letter by the window", "sie liest ihren Brief am Fenster"),
    ("the children play in the green garden", "die Kinder spielen im grünen Garten"),
    ("bread and salt stand on the table", "Brot und Salz stehen auf dem Tisch"),
)
STATIC_FILES = ("static/vectors.npy", "static/tokenizer.json")
VOCABULARY_FILES = ("vocabulary/tokenizer.json", "vocabulary/fertility.json")


class Killed(BaseException):
    """What stands for the end of the process: nothing in the code may catch it."""


def killed_before_move(monkeypatch: pytest.MonkeyPatch, number: int, step: Callable[[], None]) -> bool:
    """Run a step that dies before it puts its `number`-th file or folder in place; return whether it died."""
    moves = 0
    rename, replace = Path.rename, Path.replace

    def counted(move: Callable[[Path, Path], Path]) -> Callable[[Path, Path], Path]:
        def moving(path: Path, target: Path) -> Path:
            nonlocal moves
            moves += 1
            if moves == number:
                raise Killed
            return move(path, target)

        return moving

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", counted(rename))
        patch.setattr(Path, "replace", counted(replace))
        try:
            step()
        except Killed:
            return True
    return False


def contents(work: Path, names: tuple[str, ...]) -> list[bytes]:
    return [(work / name).read_bytes() for name in names]


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of pairs: one source with rows, the others empty."""
    folder = tmp_path_factory.mktemp("pairs")
    for source in {*vocabulary.SOURCES, *static.WEIGHTS}:
        (folder / f"{source}.tsv").touch()
    rows = [f"en\tde\t{first}\t{second}\n" for first, second in LINES]
    (folder / "sentences.tsv").write_text("".join(rows), encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shrink the stages."""
    monkeypatch.setattr(vocabulary, "PIECES", 330)
    monkeypatch.setattr(vocabulary, "CHARACTERS", 5_000)
    for name, value in {
        "BATCH": 4,
        "LOG_STEPS": 1,
        "CHECKPOINT_STEPS": 2,
        "WEIGHTS": {"sentences": 1.0},
    }.items():
        monkeypatch.setattr(static, name, value)


@pytest.fixture
def new_work(pairs: Path, tmp_path: Path) -> Callable[[], Path]:
    """Return what makes a work folder that holds the pairs."""
    numbers = iter(range(100))

    def make() -> Path:
        work = tmp_path / f"work{next(numbers)}"
        work.mkdir()
        (work / "pairs").symlink_to(pairs)
        return work

    return make


def test_the_vocabulary(new_work: Callable[[], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    unbroken, broken = new_work(), new_work()
    make_vocabulary(unbroken, SEED)
    assert killed_before_move(monkeypatch, 1, lambda: make_vocabulary(broken, SEED))
    deaths = 0
    while killed_before_move(monkeypatch, 2, lambda: make_vocabulary(broken, SEED)):
        deaths += 1
    assert deaths == 3
    assert contents(broken, VOCABULARY_FILES) == contents(unbroken, VOCABULARY_FILES)


def test_half_a_sample_is_no_sample(new_work: Callable[[], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """The process dies when the first language is written and the second is not."""
    unbroken, broken = new_work(), new_work()
    make_vocabulary(unbroken, SEED)
    shuffle, languages = random.Random.shuffle, 0

    def dying(draw: random.Random, rows: list[str]) -> None:
        nonlocal languages
        languages += 1
        if languages == 2:
            raise Killed
        shuffle(draw, rows)

    with monkeypatch.context() as patch:
        patch.setattr(random.Random, "shuffle", dying)
        with pytest.raises(Killed):
            make_vocabulary(broken, SEED)
    make_vocabulary(broken, SEED)
    assert contents(broken, VOCABULARY_FILES) == contents(unbroken, VOCABULARY_FILES)


@pytest.mark.filterwarnings("ignore:Sparse CSR tensor support:UserWarning")
def test_the_static_stage(new_work: Callable[[], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    unbroken, broken = new_work(), new_work()
    for work in (unbroken, broken):
        make_vocabulary(work, SEED)
    train_static(unbroken, 5, 1, SEED)
    assert killed_before_move(monkeypatch, 2, lambda: train_static(broken, 5, 1, SEED))
    assert killed_before_move(monkeypatch, 2, lambda: train_static(broken, 5, 1, SEED))
    assert not (broken / STATIC_FILES[0]).exists()
    train_static(broken, 5, 1, SEED)
    assert contents(broken, STATIC_FILES) == contents(unbroken, STATIC_FILES)


def test_the_transplant(new_work: Callable[[], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    work = new_work()
    make_vocabulary(work, SEED)
    (work / "static").mkdir()
    (work / STATIC_FILES[1]).write_bytes((work / VOCABULARY_FILES[0]).read_bytes())
    size = Tokenizer.from_file(str(work / STATIC_FILES[1])).get_vocab_size()
    np.save(work / STATIC_FILES[0], np.random.default_rng(SEED).normal(size=(size, 8)).astype(np.float32))
    assert killed_before_move(monkeypatch, 1, lambda: make_transplant(work))
    assert not (work / "transplant" / "model.safetensors").exists()
    make_transplant(work)
    first = (work / "transplant" / "model.safetensors").read_bytes()
    assert not killed_before_move(monkeypatch, 1, lambda: make_transplant(work))
    assert (work / "transplant" / "model.safetensors").read_bytes() == first


@pytest.mark.parametrize("move", [1, 2, 3])
def test_the_export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, move: int) -> None:
    """Killed before any of its three moves, it leaves the old folder, or its makings for the next run."""
    work, target = tmp_path / "work", tmp_path / "builtin"
    for folder in (work / "static", work / "distil", target):
        folder.mkdir(parents=True)
    write_encoder(work / "vocabulary", SEED)
    (work / "vocabulary" / "tokenizer_config.json").write_text("{}", encoding="utf-8")
    save_file({TABLE: torch.ones(len(WORDS), 2)}, work / "distil" / "model.safetensors")
    np.save(work / "static" / "vectors.npy", np.ones((len(WORDS), 8), dtype=np.float32))
    (target / "README.md").write_text("written by hand", encoding="utf-8")
    assert killed_before_move(monkeypatch, move, lambda: export(work, target))
    assert (target / "README.md").exists() == (move < 3)
    export(work, target)
    assert (target / "README.md").read_text(encoding="utf-8") == "written by hand"
    assert json.loads((target / "config.json").read_text(encoding="utf-8"))["vocab_size"] == len(WORDS)
    assert {path.name for path in tmp_path.iterdir()} == {"work", "builtin"}


def test_a_source_of_the_corpora(tmp_path: Path) -> None:
    """Killed while it is written, it is written whole by the next run, and counted once."""
    rows = [Pair("en", "de", *texts) for texts in LINES]

    def dying() -> Iterator[Pair]:
        yield from rows[:2]
        raise Killed

    with pytest.raises(Killed):
        Writer(tmp_path, HeldOut([LINES[0][0]]), SEED).write("sentences", dying())
    assert not (tmp_path / "pairs" / "sentences.tsv").exists()
    Writer(tmp_path, HeldOut([LINES[0][0]]), SEED).write("sentences", iter(rows))
    counts = json.loads((tmp_path / "pairs" / "counts.json").read_text(encoding="utf-8"))
    assert counts["held_out_rows_dropped"] == 1
    assert counts["pairs"] == {"sentences": {"de": len(LINES) - 1}}
