"""Debian's translated package descriptions: a short line and paragraphs on every subject."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

from training.languages import short_code
from training.pairs import fold_space
from training.sources.units import Unit


def paragraphs(lines: list[str]) -> list[str]:
    """Return the short line and then each paragraph of one description."""
    blocks: list[list[str]] = [[]]
    for line in lines[1:]:
        if line.strip() == ".":
            blocks.append([])
        else:
            blocks[-1].append(line)
    return [fold_space(lines[0]), *(fold_space(" ".join(block)) for block in blocks if block)]


def read_list(path: Path) -> dict[str, list[str]]:
    """Return MD5 of the English text -> short line and paragraphs, from one list of translations."""
    command = ["/usr/lib/apt/apt-helper", "cat-file", str(path)]
    text = subprocess.run(command, check=True, capture_output=True).stdout.decode("utf-8", "replace")
    found = {}
    for stanza in text.split("\n\n"):
        digest, lines = "", list[str]()
        for line in stanza.splitlines():
            if line.startswith("Description-md5:"):
                digest = line.split()[1]
            elif line.startswith("Description-"):
                lines = [line.partition(":")[2]]
            elif line.startswith(" ") and lines:
                lines.append(line)
        if digest and lines:
            found[digest] = paragraphs(lines)
    return found


def description_pages(lists: Path) -> Iterator[tuple[str, list[Unit]]]:
    """Yield (language, aligned units) of descriptions with as many paragraphs; English with itself."""
    (path,) = lists.glob("*_debian_dists_bookworm_main_i18n_Translation-en*")
    english = read_list(path)
    for other in sorted(lists.glob("*_debian_dists_bookworm_main_i18n_Translation-*")):
        lang = short_code(other.name.partition("Translation-")[2].replace("%5f", "_").split(".")[0])
        for digest, blocks in read_list(other).items():
            source = english.get(digest, [])
            if len(source) == len(blocks):
                rows = enumerate(zip(source, blocks, strict=True))
                yield lang, [Unit(at == 0, text, translated) for at, (text, translated) in rows]
