"""Message catalogues (gettext) and Unicode's names of signs (CLDR)."""

import gettext
import html
import re
from collections.abc import Iterator
from pathlib import Path

from training.languages import short_code
from training.pairs import Pair, fold_space

MARKUP = re.compile(r"<[^>]+>|&(?!\w+;)|_(?=\w)|\{[^}]*\}|%\d?\$?[sdif]|~(?=\w)")
ANNOTATION = re.compile(r'<annotation cp="([^"]+)"( type="tts")?>([^<]+)</annotation>')


def plain_message(text: str) -> str:
    """Return a message without mark-up, accelerator signs and placeholders."""
    return fold_space(MARKUP.sub(" ", html.unescape(text)).replace("\\n", " "))


def gettext_pairs(tree: Path, pattern: str) -> Iterator[Pair]:
    """Yield the messages of every catalogue whose path under the tree matches the glob pattern."""
    for path in sorted(tree.glob(pattern)):
        lang = short_code(path.parent.parent.name)
        with path.open("rb") as source:
            try:
                messages = vars(gettext.GNUTranslations(source))["_catalog"]
            except (UnicodeDecodeError, ValueError, IndexError):
                continue
        for key, value in messages.items():
            if isinstance(key, str) and isinstance(value, str):
                english, other = plain_message(key.split("\x04")[-1]), plain_message(value)
                if english != other:
                    yield Pair("en", lang, english, other)


def sign_names(page: str) -> dict[tuple[str, bool], str]:
    """Return (sign, whether it is the spoken name) -> name or keywords of one annotations file."""
    found = ANNOTATION.findall(page)
    return {(sign, bool(spoken)): html.unescape(text).replace(" |", ",") for sign, spoken, text in found}


def cldr_pairs(tree: Path) -> Iterator[Pair]:
    """Yield the names and keywords of signs in every language."""
    for folder in ("annotations", "annotationsDerived"):
        root = tree / "usr/share/unicode/cldr/common" / folder
        english = sign_names((root / "en.xml").read_text(encoding="utf-8"))
        for path in sorted(root.glob("*.xml")):
            if short_code(path.stem) != "en":
                for key, other in sign_names(path.read_text(encoding="utf-8")).items():
                    if key in english and english[key] != other:
                        yield Pair("en", short_code(path.stem), english[key], other)
