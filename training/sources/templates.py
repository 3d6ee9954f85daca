"""Questions that Debian's packages ask when they are installed (debconf), with their translations."""

import re
from collections.abc import Iterator
from pathlib import Path

from training.languages import short_code
from training.pairs import fold_space
from training.sources.descriptions import paragraphs
from training.sources.units import Unit

FIELD = re.compile(r"Description(?:-([A-Za-z_@]+)\.UTF-8)?: ?(.*)", re.IGNORECASE)
VARIABLE = re.compile(r"\$\{[^}]*\}")


def descriptions(stanza: str) -> dict[str, list[str]]:
    """Return language -> short line and paragraphs of one template; English is ""."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in stanza.splitlines():
        if field := FIELD.fullmatch(line):
            lines = found.setdefault(field[1] or "", [])
            lines.append(field[2])
        elif line.startswith(" ") and lines:
            lines.append(line)
        else:
            lines = []
    return {lang: paragraphs([VARIABLE.sub(" ", line) for line in lines]) for lang, lines in found.items()}


def template_pages(tree: Path) -> Iterator[tuple[str, list[Unit]]]:
    """Yield (language, aligned units) of every template with as many paragraphs as the English one."""
    for path in sorted((tree / "templates").glob("*/templates")):
        for stanza in path.read_text(encoding="utf-8", errors="replace").split("\n\n"):
            by_lang = descriptions(stanza)
            english = by_lang.pop("", [])
            for lang, blocks in by_lang.items():
                if len(blocks) == len(english):
                    rows = enumerate(zip(english, blocks, strict=True))
                    yield (
                        short_code(lang),
                        [
                            Unit(at == 0, fold_space(text), fold_space(translated))
                            for at, (text, translated) in rows
                            if text != translated
                        ],
                    )
