from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from index_data.errors import UsageError
from search.query import Mode
from terminal.cli import cli
from terminal.commands.models import models
from terminal.settings import Color, Settings, default_index, default_models, load_settings

SHARED = {"index", "models", "model", "device", "offline", "quiet"}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def test_without_any_source_the_defaults_hold() -> None:
    assert load_settings({}, {}) == Settings(index=default_index(), models=default_models())


def test_flags_come_before_the_environment_and_that_before_the_file(config: Path) -> None:
    config.write_text('limit = 3\nmode = "dense"\ndevice = "mps"\n', encoding="utf-8")
    environment = {"DRAGOMAN_CONFIG": str(config), "DRAGOMAN_LIMIT": "5", "DRAGOMAN_MODE": "lexical"}
    settings = load_settings({"limit": "7", "mode": None}, environment)
    assert (settings.limit, settings.mode, settings.device) == (7, Mode.LEXICAL, "mps")


def test_every_field_can_be_set_in_each_source(config: Path) -> None:
    given: dict[str, tuple[str, object]] = {
        "index": ('"/data/index"', Path("/data/index")),
        "models": ('"/data/models"', Path("/data/models")),
        "model": ('"/models/gemma"', "/models/gemma"),
        "device": ('"cpu"', "cpu"),
        "dtype": ('"int8"', "int8"),
        "offline": ("false", False),
        "quiet": ("true", True),
        "color": ('"never"', Color.NEVER),
        "window_tokens": ("1024", 1024),
        "overlap_tokens": ("0", 0),
        "passage_tokens": ("128", 128),
        "ocr": ('"force"', "force"),
        "ocr_languages": ('"deu+eng"', "deu+eng"),
        "mode": ('"dense"', Mode.DENSE),
        "limit": ("25", 25),
        "min_score": ("0.5", 0.5),
        "per_doc": ("2", 2),
        "prefer_lang": ('"DE, fr"', ("de", "fr")),
        "lang_balance": ("true", True),
        "rerank": ("true", True),
        "reranker": ('"bge-reranker-v2-m3"', "bge-reranker-v2-m3"),
        "budget_ms": ("150", 150),
        "viewer": ('"okular"', "okular"),
    }
    assert list(given) == [field.name for field in fields(Settings)]
    wanted = Settings(**{name: value for name, (_, value) in given.items()})  # type: ignore[arg-type]
    config.write_text("".join(f"{name} = {toml}\n" for name, (toml, _) in given.items()), encoding="utf-8")
    assert load_settings({}, {"DRAGOMAN_CONFIG": str(config)}) == wanted
    in_environment = {f"DRAGOMAN_{name.upper()}": toml.strip('"') for name, (toml, _) in given.items()}
    assert load_settings({}, in_environment) == wanted


def test_every_field_is_documented() -> None:
    source = Path(Settings.__module__.replace(".", "/") + ".py")
    text = (Path(__file__).parents[2] / source).read_text(encoding="utf-8")
    for field in fields(Settings):
        assert f"    {field.name}: " in text
        declaration = text.split(f"    {field.name}: ", 1)[1]
        assert declaration.split("\n", 2)[1].startswith('    """'), field.name


def test_an_unknown_key_names_the_nearest_one(config: Path) -> None:
    config.write_text("min_skore = 0.5\n", encoding="utf-8")
    with pytest.raises(UsageError, match="no setting called min_skore") as caught:
        load_settings({}, {"DRAGOMAN_CONFIG": str(config)})
    assert caught.value.remedy == "Did you mean min_score?"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LIMIT", "0"),
        ("LIMIT", "many"),
        ("MIN_SCORE", "1.5"),
        ("MIN_SCORE", "nan"),
        ("OFFLINE", "maybe"),
        ("MODE", "best"),
        ("COLOR", "pink"),
    ],
)
def test_a_wrong_value_names_its_source_and_what_it_has_to_be(name: str, value: str) -> None:
    with pytest.raises(UsageError, match=f"DRAGOMAN_{name} is '{value}'") as caught:
        load_settings({}, {f"DRAGOMAN_{name}": value})
    assert caught.value.remedy.startswith("It has to be ")


def test_a_toml_value_of_another_type_is_refused(config: Path) -> None:
    for line in ("limit = true", "limit = 2.5", "model = 3", "index = []"):
        config.write_text(line, encoding="utf-8")
        with pytest.raises(UsageError, match=r"config\.toml is "):
            load_settings({}, {"DRAGOMAN_CONFIG": str(config)})


@pytest.mark.parametrize("content", [b"limit = ", b"\xff\xfe", b"limit = 1\nlimit = 2"])
def test_a_broken_file_is_refused(config: Path, content: bytes) -> None:
    config.write_bytes(content)
    with pytest.raises(UsageError, match="cannot read the settings"):
        load_settings({}, {"DRAGOMAN_CONFIG": str(config)})


def test_a_named_file_has_to_be_there(config: Path) -> None:
    with pytest.raises(UsageError, match="cannot read the settings"):
        load_settings({}, {"DRAGOMAN_CONFIG": str(config)})


def test_what_a_command_hands_on_is_a_setting() -> None:
    own = {
        "ingest": {"paths", "ignore", "prune", "rehash", "any_file_system", "strict", "as_json"},
        "watch": {"paths", "ignore", "minutes", "any_file_system"},
        "check": {"full", "as_json"},
        "doctor": {"as_json"},
        "repair": {"dry_run", "start_anew", "as_json"},
        "gc": {"quarantine_days"},
        "backup": {"destination"},
        "purge": {"paths", "yes"},
        "search": {
            "question", "languages", "not_languages", "media_types", "path_globs", "titles", "after",
            "before", "batch", "output_format", "output", "exit_zero", "schema",
            "like", "unlike", "everything", "diverse", "evidence",
        },
        "similar": {
            "like", "languages", "not_languages", "media_types", "path_globs", "titles", "after", "before",
            "everything", "diverse", "output_format", "output", "exit_zero",
        },
        "get": {"passages", "as_json"},
        "open": {"passage", "only_print"},
        "explain": {
            "question", "target", "languages", "not_languages", "media_types", "path_globs", "titles",
            "after", "before", "like", "unlike", "everything", "diverse", "as_json",
        },
        "eval": {"folder", "split", "ways", "gates", "runs", "work", "as_json"},
        "selftest": {"count", "seed", "as_json"},
        "tui": {"query"},
        "status": {"files", "as_json"},
        "list": {"as_json"},
        "fetch": {"name", "revision", "source"},
        "verify": {"names", "file", "passage_ids", "as_json"},
        "plan": {"folder", "gpu", "name", "as_json"},
        "tune": {"minutes", "judgements", "general", "out", "rate", "seed", "dry_run", "reingest"},
    }  # fmt: skip
    settings = {field.name for field in fields(Settings)}
    for name, command in {**cli.commands, **models.commands}.items():
        handed_on = {parameter.name for parameter in command.params} - own.get(name, set())
        assert handed_on <= settings
        assert name not in {"ingest", "search", "tui", "status"} or handed_on >= SHARED


def test_the_docs_name_every_setting() -> None:
    page = (Path(__file__).parents[2] / "docs" / "command-line.md").read_text(encoding="utf-8")
    for field in fields(Settings):
        assert f"| `{field.name}` | `DRAGOMAN_{field.name.upper()}` |" in page
