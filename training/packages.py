"""Debian packages: fetched by name with the ordinary client, unpacked into a folder."""

import logging
import subprocess
from pathlib import Path

from training.held_out import check_packages

LOG = logging.getLogger("training.packages")

HELP_LANGUAGES = [
    "en-us",
    "de",
    "fr",
    "es",
    "it",
    "pt",
    "pt-br",
    "nl",
    "pl",
    "cs",
    "ru",
    "el",
    "tr",
    "hi",
    "vi",
    "id",
    "ko",
    "ja",
    "zh-cn",
    "zh-tw",
    "sv",
    "da",
    "fi",
    "hu",
    "sk",
    "sl",
    "et",
    "ca",
    "gl",
    "eu",
    "km",
]
DICTIONARY_LANGUAGES = [
    "afr",
    "ara",
    "bul",
    "ces",
    "cym",
    "dan",
    "deu",
    "ell",
    "fin",
    "fra",
    "gle",
    "hin",
    "hrv",
    "hun",
    "ind",
    "ita",
    "jpn",
    "lat",
    "lit",
    "nld",
    "nor",
    "pol",
    "por",
    "rus",
    "spa",
    "srp",
    "swe",
    "swh",
    "tur",
]
PACKAGES = (
    *(f"libreoffice-help-{lang}" for lang in HELP_LANGUAGES),
    *(f"dict-freedict-eng-{lang}" for lang in DICTIONARY_LANGUAGES),
    *("gnome-user-docs", "iso-codes", "unicode-cldr-core", "wesnoth-1.16-data"),
    *(
        "gimp-data",
        "libgtk-3-common",
        "evolution-common",
        "gnucash-common",
        "gcompris-qt-data",
        "kstars-data",
    ),
    *("audacity-data", "marble-data", "gnome-games-app", "stellarium-data"),
    *("wordnet-base", "dict-gcide", "dict-foldoc", "anarchism", "fortunes", "fortunes-min"),
)
DESCRIPTION_LANGUAGES = "en,de,fr,es,it,pt,pt_BR,nl,pl,cs,ru,uk,ja,ko,zh_CN,sk,da,sv,fi,sr,zh_TW,hu"
SKIPPED_PATHS = ("*.png", "*.jpg", "*.jpeg", "*.ogg", "*.svg", "*.dat", "*.js", "*.fits", "*.qm")


def fetch(work: Path) -> None:
    """Download every package into `work/packages` and unpack what is new into `work/tree`."""
    check_packages(PACKAGES)
    downloads, tree = work / "packages", work / "tree"
    downloads.mkdir(parents=True, exist_ok=True)
    tree.mkdir(exist_ok=True)
    missing = [name for name in PACKAGES if not any(downloads.glob(f"{name}_*.deb"))]
    if missing:
        LOG.info("downloading %d packages", len(missing))
        subprocess.run(
            ["apt-get", "download", *missing], cwd=downloads, check=True, stdout=subprocess.DEVNULL
        )
    for name in PACKAGES:
        mark = tree / ".unpacked" / name
        if not mark.exists():
            (archive,) = downloads.glob(f"{name}_*.deb")
            unpack(archive, tree)
            mark.parent.mkdir(exist_ok=True)
            mark.touch()


def unpack(archive: Path, tree: Path) -> None:
    """Unpack one package, pictures and sound left out."""
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", archive], stdout=subprocess.PIPE) as source:
        excluded = [f"--exclude={pattern}" for pattern in SKIPPED_PATHS]
        subprocess.run(["tar", "-x", "-C", tree, *excluded], stdin=source.stdout, check=True)


def fetch_descriptions(work: Path) -> None:
    """Bring the translated package descriptions into `work/lists`, apart from the system's own lists."""
    lists = work / "lists"
    if any(lists.glob("*Translation-en*")):
        return
    (lists / "partial").mkdir(parents=True, exist_ok=True)
    options = [f"Acquire::Languages={DESCRIPTION_LANGUAGES}", f"Dir::State::Lists={lists.resolve()}"]
    options += ["Dir::Cache::pkgcache=", "Dir::Cache::srcpkgcache="]
    command = ["apt-get", *(part for option in options for part in ("-o", option)), "update"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
