"""A folder of small documents in several scripts, made and changed by a seed.

Every text is the only one of its kind: it carries a word that says which edition of which document it is.
"""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

WORDS = (
    ["harbour", "lantern", "quiet", "river", "stone", "window", "bread", "winter", "music", "garden"],
    ["Straße", "König", "Brücke", "früh", "Wälder", "Käse", "größer", "Bäume", "hören", "Glück"],
    ["молоко", "дорога", "зима", "книга", "город", "песня", "вечер", "рука", "поле", "звезда"],
    ["θάλασσα", "βουνό", "ψωμί", "νύχτα", "δρόμος", "χέρι", "λόγος", "πόλη", "φως", "δέντρο"],
    ["مدينة", "كتاب", "طريق", "ليل", "ماء", "خبز", "شتاء", "حديقة", "نهر", "موسيقى"],
    ["नदी", "किताब", "रोटी", "शहर", "रात", "पहाड़", "संगीत", "बगीचा", "पानी", "सर्दी"],
    ["海边", "灯笼", "安静", "河流", "石头", "窗户", "面包", "冬天", "音乐", "花园"],
)
PARAGRAPHS = (2, 5)
PARAGRAPH_WORDS = 24
_LONG_AGO = 1_700_000_000_000_000_000


class Library:
    """What stands in a folder of documents, and what an index of it must therefore hold."""

    def __init__(self, folder: Path, seed: int, *, count: int = 12) -> None:
        self.folder = folder
        self.texts: dict[Path, str] = {}
        """What each document says; files without text are not among them."""
        self._editions = 0
        folder.mkdir(parents=True, exist_ok=True)
        random = Random(seed)
        for _ in range(count):
            self._write(self._new_path(), random)

    def change(self, seed: int) -> None:
        """Edit three documents, add one, and remove, rename and empty one."""
        random = Random(seed)
        *edited, removed, renamed, emptied = random.sample(sorted(self.texts), 6)
        for path in edited:
            self._write(path, random)
        self._write(self._new_path(), random)
        removed.unlink()
        del self.texts[removed]
        moved = self._new_path()
        renamed.rename(moved)
        self.texts[moved] = self.texts.pop(renamed)
        emptied.write_bytes(b"")
        self._date(emptied)
        del self.texts[emptied]

    def _new_path(self) -> Path:
        return self.folder / f"{self._editions:04}.txt"

    def _write(self, path: Path, random: Random) -> None:
        paragraphs = (
            " ".join([marker(self._editions), *random.choices(random.choice(WORDS), k=PARAGRAPH_WORDS)])
            for _ in range(random.randint(*PARAGRAPHS))
        )
        self.texts[path] = "\n\n".join(paragraphs) + "\n"
        path.write_text(self.texts[path], encoding="utf-8")
        self._date(path)

    def _date(self, path: Path) -> None:
        """Give what was written the time that it would have in any other run, and start the next edition."""
        os.utime(path, ns=(_LONG_AGO, _LONG_AGO + self._editions))
        self._editions += 1


def marker(edition: int) -> str:
    """Make the word that one edition of one document holds in each of its paragraphs, and nothing else."""
    return f"mark{edition:04}"
