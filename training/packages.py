"""Debian packages: fetched by name with the ordinary client, unpacked into a folder."""

import logging
import shutil
import subprocess
from pathlib import Path

from training.held_out import check_packages
from training.progress import bar

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
CATALOG_PACKAGES = (
    *("apt", "aptitude-common", "bleachbit", "coreutils", "deja-dup", "dpkg", "epiphany-browser-data"),
    *("evince-common", "gnome-control-center-data", "gnome-initial-setup", "gnome-maps", "nano"),
    *("gnome-software-common", "gnumeric-common", "gpodder", "gramps", "homebank-data", "inkscape", "kio"),
    *("krita-l10n", "libgweather-4-common", "mate-control-center-common", "minetest-data", "orca"),
    *("nautilus-data", "phpmyadmin", "pidgin-data", "python3-django", "rhythmbox-data", "synaptic"),
    *("shotwell-common", "simple-scan", "vlc-l10n"),
)
TEMPLATE_PACKAGES = (
    *("apt-listchanges", "arno-iptables-firewall", "atftpd", "backuppc", "ca-certificates", "console-common"),
    *("console-data", "console-setup", "courier-base", "cups", "dbconfig-common", "ddclient", "debconf"),
    *("dictionaries-common", "discover", "distcc", "exim4-base", "exim4-config", "ferm", "tzdata", "ucf"),
    *("firebird3.0-server", "fontconfig-config", "gdm3", "gitolite3", "grub-pc", "hylafax-server", "ifplugd"),
    *("iptables-persistent", "isc-dhcp-server", "jackd2", "keyboard-configuration", "krb5-kdc", "tasksel"),
    *("libpam-runtime", "lightdm", "localepurge", "mailgraph", "man-db", "mdadm", "miniupnpd", "nodm"),
    *(
        "nslcd",
        "popularity-contest",
        "pure-ftpd-common",
        "quota",
        "rkhunter",
        "samba-common",
        "sddm",
        "slapd",
    ),
    *("slrnpull", "ssl-cert", "strongswan-starter", "sysstat", "tftpd-hpa", "tiger", "vsftpd", "webalizer"),
)
DESCRIPTION_LANGUAGES = "en,de,fr,es,it,pt,pt_BR,nl,pl,cs,ru,uk,ja,ko,zh_CN,sk,da,sv,fi,sr,zh_TW,hu"
SKIPPED_PATHS = ("*.png", "*.jpg", "*.jpeg", "*.ogg", "*.svg", "*.dat", "*.js", "*.fits", "*.qm")


def fetch(work: Path) -> None:
    """Download every package into `work/packages` and unpack what is new into `work/tree`."""
    names = (*PACKAGES, *CATALOG_PACKAGES, *TEMPLATE_PACKAGES)
    check_packages(names)
    downloads, tree = work / "packages", work / "tree"
    downloads.mkdir(parents=True, exist_ok=True)
    tree.mkdir(exist_ok=True)
    download([name for name in names if not any(downloads.glob(f"{name}_*.deb"))], downloads)
    for name in names:
        mark = tree / ".unpacked" / name
        if not mark.exists():
            (archive,) = downloads.glob(f"{name}_*.deb")
            if name in TEMPLATE_PACKAGES:
                unpack_control(archive, tree / "templates" / name)
            elif name in CATALOG_PACKAGES:
                unpack(archive, tree / "more-catalogs", ["--wildcards", "*.mo"])
            else:
                unpack(archive, tree, [f"--exclude={pattern}" for pattern in SKIPPED_PATHS])
            mark.parent.mkdir(exist_ok=True)
            mark.touch()


def download(names: list[str], folder: Path) -> None:
    """Download packages one by one, so that a run that was stopped has whole ones only."""
    partial = folder / "partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    if names:
        LOG.info("downloading %d packages", len(names))
    with bar(len(names), "packages", "download") as progress:
        for name in names:
            subprocess.run(["apt-get", "download", name], cwd=partial, check=True, stdout=subprocess.DEVNULL)
            (archive,) = partial.glob(f"{name}_*.deb")
            archive.replace(folder / archive.name)
            progress.update(1)
    partial.rmdir()


def unpack(archive: Path, tree: Path, selection: list[str]) -> None:
    """Unpack one package, apart from what the options of `tar` leave out."""
    tree.mkdir(parents=True, exist_ok=True)
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", archive], stdout=subprocess.PIPE) as source:
        subprocess.run(["tar", "-x", "-C", tree, *selection], stdin=source.stdout, check=True)


def unpack_control(archive: Path, folder: Path) -> None:
    """Unpack the scripts and questions of one package."""
    folder.parent.mkdir(exist_ok=True)
    subprocess.run(["dpkg-deb", "--control", archive, folder], check=True)


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
