from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from index_data.errors import UsageError
from search.query import Mode
from terminal.cli import cli
from terminal.collections import collection
from terminal.commands.models import models
from terminal.folders import default_index, default_models
from terminal.setting_values import Color
from terminal.settings import Settings, load_settings
from terminal.settings_files import user_file

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
        "collection": ('"papers"', "papers"),
        "catalogue": ('"postgresql://me@db/papers"', "postgresql://me@db/papers"),
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
        "engine": ('"ray://head.example:10001"', "ray://head.example:10001"),
        "ray_readers": ("8", 8),
        "ray_encoders": ("2", 2),
        "ray_gpus": ("0.25", 0.25),
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
        "history": ("false", False),
        "keys": ('{ "search.similar" = "ctrl+s" }', {"search.similar": "ctrl+s"}),
        "rtl": ('"off"', "off"),
    }
    assert list(given) == [field.name for field in fields(Settings)]
    # A source names a folder or a collection.
    for left_out, meant in (("index", collection("papers").folder), ("collection", Path("/data/index"))):
        there = {name: pair for name, pair in given.items() if name != left_out}
        values: dict[str, object] = {name: value for name, (_, value) in there.items()}
        wanted = Settings(**(values | {"index": meant}))  # type: ignore[arg-type]
        written = "".join(f"{name} = {toml}\n" for name, (toml, _) in there.items())
        config.write_text(written, encoding="utf-8")
        assert load_settings({}, {"DRAGOMAN_CONFIG": str(config)}) == wanted
        in_environment = {f"DRAGOMAN_{name.upper()}": toml.strip('"') for name, (toml, _) in there.items()}
        assert load_settings({}, in_environment) == wanted


def test_every_field_is_documented() -> None:
    source = Path(Settings.__module__.replace(".", "/") + ".py")
    text = (Path(__file__).parents[2] / source).read_text(encoding="utf-8")
    for field in fields(Settings):
        assert f"    {field.name}: " in text
        declaration = text.split(f"    {field.name}: ", 1)[1]
        assert declaration.split("\n", 2)[1].startswith('    """'), field.name


def test_a_table_of_keys_may_be_written_with_dots(config: Path) -> None:
    config.write_text('[keys]\nsearch.similar = "ctrl+s"\n"hits.mark" = "x"\n', encoding="utf-8")
    assert load_settings({}, {"DRAGOMAN_CONFIG": str(config)}).keys == {
        "search.similar": "ctrl+s",
        "hits.mark": "x",
    }


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
        ("KEYS", "similar"),
        ("KEYS", "{ a = 1 }"),
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


def test_where_nothing_is_named_the_system_has_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    assert load_settings({}, {}).index.is_relative_to(tmp_path / "data" / "dragoman")
    assert load_settings({"collection": "x"}, {}).index.is_relative_to(tmp_path / "data" / "dragoman")
    assert load_settings({}, {}).models.is_relative_to(tmp_path / "data" / "dragoman")
    assert user_file({}) == tmp_path / "config" / "dragoman" / "config.toml"


def test_what_a_command_hands_on_is_a_setting() -> None:
    own = {
        "ingest": {"paths", "ignore", "prune", "rehash", "any_file_system", "strict", "as_json", "progress"},
        "watch": {"paths", "ignore", "minutes", "any_file_system", "progress"},
        "check": {"full", "as_json"},
        "doctor": {"as_json"},
        "repair": {"dry_run", "start_anew", "as_json"},
        "rebuild": {"as_json"},
        "gc": {"quarantine_days", "as_json"},
        "migrate": {"destination", "to_catalogue", "as_json", "progress"},
        "backup": {"destination", "as_json"},
        "purge": {"paths", "yes", "as_json"},
        "completion": {"shell"},
        "search": {
            "question", "languages", "not_languages", "media_types", "path_globs", "titles", "after",
            "before", "batch", "output_format", "null", "output", "exit_zero", "schema",
            "like", "unlike", "everything", "diverse", "evidence", "all_collections",
        },
        "similar": {
            "like", "languages", "not_languages", "media_types", "path_globs", "titles", "after", "before",
            "everything", "diverse", "output_format", "null", "output", "exit_zero", "all_collections",
        },
        "get": {"passages", "as_json"},
        "open": {"passage", "only_print"},
        "explain": {
            "question", "target", "languages", "not_languages", "media_types", "path_globs", "titles",
            "after", "before", "like", "unlike", "everything", "diverse", "as_json", "all_collections",
        },
        "eval": {"folder", "split", "ways", "gates", "runs", "work", "as_json"},
        "selftest": {"count", "seed", "as_json"},
        "serve": {
            "idle", "stop", "address", "token_file", "hosts", "roots", "describe", "replica",
            "drain_seconds", "metrics_open", "all_collections",
        },
        "map": {"output", "by", "method", "most", "documents", "balance"},
        "mcp": {"allow_ingest", "all_collections"},
        "tui": {"query", "web", "all_collections"},
        "status": {"files", "as_json", "html"},
        "list": {"as_json"},
        "fetch": {"name", "revision", "source", "as_json", "progress"},
        "verify": {"names", "file", "passage_ids", "as_json"},
        "plan": {"folder", "gpu", "name", "as_json"},
        "tune": {
            "minutes", "judgements", "general", "out", "rate", "seed", "dry_run", "reingest", "as_json",
            "progress",
        },
    }  # fmt: skip
    settings = {field.name for field in fields(Settings)}
    for name, command in {**cli.commands, **models.commands}.items():
        handed_on = {parameter.name for parameter in command.params} - own.get(name, set())
        assert handed_on <= settings
        assert name not in {"ingest", "search", "tui", "status"} or handed_on >= SHARED


def test_the_docs_name_every_setting() -> None:
    page = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")
    for field in fields(Settings):
        assert f"| `{field.name}` | `DRAGOMAN_{field.name.upper()}` |" in page
