"""Every source is named with its licence: in the list, and in NOTICE."""

from fnmatch import fnmatch
from pathlib import Path

import pytest

from index_data.errors import UsageError
from training.clones import CLONES
from training.licences import Source, load_sources, used_sources
from training.packages import PACKAGES

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def sources() -> list[Source]:
    return load_sources()


def test_every_package_and_repository_is_a_source(sources: list[Source]) -> None:
    origins = [origin for source in sources for origin in source.origin.split(", ")]
    wanted = [
        *PACKAGES,
        *(repository.url.removeprefix("https://github.com/") for repository in CLONES.values()),
    ]
    assert [name for name in wanted if not any(fnmatch(name, origin) for origin in origins)] == []


def test_notice_names_every_source(sources: list[Source]) -> None:
    notice = " ".join((ROOT / "NOTICE").read_text(encoding="utf-8").split())
    assert [source for source in sources if f" {source.name}: {source.licence} " not in notice] == []


def test_only_the_sources_of_the_files_written_are_used() -> None:
    assert {source.name for source in used_sources({"isocodes", "cldr"})} == {"ISO codes", "Unicode CLDR"}
    with pytest.raises(UsageError, match="unheard-of") as raised:
        used_sources({"isocodes", "unheard-of"})
    assert "licences.toml" in raised.value.remedy
