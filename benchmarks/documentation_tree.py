"""A tree of documentation in many formats and languages, from packages of Debian, and samples of it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath
from random import Random

from ingest.readers.suffixes import media_type_of

_PACKAGES = (
    "abs-guide aptitude-doc-cs aptitude-doc-fi debian-edu-doc-legacy-uk debian-edu-doc-nb-no debian-faq-fr "
    "debian-faq-ko debian-faq-nl debian-faq-ru debian-handbook debian-history debian-refcard "
    "debian-reference-de debian-reference-fr debian-reference-id debian-reference-ja debian-reference-pt "
    "debian-reference-zh-tw debmake-doc developers-reference-de developers-reference-it "
    "developers-reference-ja developers-reference-ru gettext-doc gretl-doc installation-guide-amd64 "
    "jfractionlab live-manual-epub live-manual-html live-manual-odf live-manual-pdf live-manual-txt "
    "maint-guide-ca maint-guide-es maint-guide-ru maint-guide-vi maint-guide-zh-cn manpages-de "
    "muttprint-manual nodejs-doc po4a python-lark-doc r-cran-officer vim-doc whitedune-docs "
    "writer2latex-manual xlsx2csv"
)
PACKAGES = _PACKAGES.split()
"""120 MB in all."""
PACKED = ".gz"
_CODES = (
    "ar be bg ca cs da de el en eo es et eu fa fi fr ga gl he hi hr hu id is it ja ka ko lt lv mk ms nb nl "
    "nn pa pl pt ro ru sk sl sq sr sv th tr uk vi zh"
)
_LANGUAGES = frozenset(_CODES.split())
_WORD_OF_NAME = re.compile(r"[a-z]+", re.IGNORECASE)


def fetch(work: Path) -> Path:
    """Return the absolute folder with one folder a package; packages that are missing are downloaded.

    Raises:
        CalledProcessError: there is no apt-get here, or it does not know one of the packages.
    """
    folder = work.resolve() / "mixed_tree"
    tree, archives, unfinished = folder / "tree", folder / "packages", folder / "unfinished"
    for made in (tree, archives):
        made.mkdir(parents=True, exist_ok=True)
    missing = [package for package in PACKAGES if not (tree / package).is_dir()]
    lacking = [package for package in missing if not any(archives.glob(f"{package}_*.deb"))]
    if lacking:
        subprocess.run(["apt-get", "download", *lacking], cwd=archives, check=True, stdout=subprocess.DEVNULL)
    for package in missing:
        shutil.rmtree(unfinished, ignore_errors=True)
        [archive] = archives.glob(f"{package}_*.deb")
        subprocess.run(["dpkg", "-x", archive, unfinished], check=True)
        unfinished.rename(tree / package)
    return tree


def regular_files(tree: Path) -> list[Path]:
    """All of them, hidden ones as well, by name; links do not count and are not followed."""
    found = (Path(folder, name) for folder, _, names in os.walk(tree) for name in names)
    return sorted(path for path in found if path.is_file() and not path.is_symlink())


def format_of(path: PurePath) -> str:
    """Name the kind of a file by its suffix, that of a packed file with the one inside."""
    suffixes = [suffix.lower() for suffix in path.suffixes[-2:]]
    return "".join(suffixes if suffixes[-1:] == [PACKED] else suffixes[-1:]) or "without suffix"


def language_by_name(path: PurePath) -> str:
    """Guess the language from the name of a file and its folders; the last that names one is believed."""
    words = (word.lower() for part in reversed(path.parts) for word in _WORD_OF_NAME.findall(part))
    return next((word for word in words if word in _LANGUAGES), "en")


def sample(files: Sequence[Path], number: int, seed: int) -> list[Path]:
    """Choose `number` of `files`, first those that bring a new language or a new format that is read."""
    shuffled = sorted(files)
    Random(seed).shuffle(shuffled)
    first = set(_of_each_kind(shuffled))
    return sorted([*first, *(path for path in shuffled if path not in first)][: max(number, len(first))])


def _of_each_kind(files: Sequence[Path]) -> Iterator[Path]:
    seen: set[str] = set()
    for path in files:
        kinds = {format_of(path) if media_type_of(path) else "not read", f"in {language_by_name(path)}"}
        if not kinds <= seen:
            seen |= kinds
            yield path


def linked(files: Sequence[Path], tree: Path, folder: Path) -> Path:
    """Make `folder` anew, with `files` where they stand in `tree`, and return it."""
    shutil.rmtree(folder, ignore_errors=True)
    for path in files:
        place = folder / path.relative_to(tree)
        place.parent.mkdir(parents=True, exist_ok=True)
        os.link(path, place)
    return folder
