"""What the full-text engines are asked: passages of one language, questions, and the right answers."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from selectolax.lexbor import LexborHTMLParser

from benchmarks.measuring_sets import read_rows
from index_data.sentences import sentence_ends

PACKAGE = "installation-guide-amd64"
SENTENCES = 3
"""Of a paragraph that is asked for by the middle one, at least."""


@dataclass(frozen=True, slots=True)
class Task:
    """Passages in one language, and what is asked of them."""

    name: str
    language: str
    passages: tuple[str, ...]
    questions: tuple[str, ...]
    right: tuple[int, ...]
    """The place of each question's passage."""


def questions_about_paragraphs(folder: Path) -> list[Task]:
    """Ask each question of XQuAD of the paragraphs in its own language."""
    paragraphs, questions = (read_rows(folder, f"dev_xquad_{what}") for what in ("docs", "queries"))
    tasks = []
    for language in sorted({row["lang"] for row in paragraphs}):
        own = [row for row in paragraphs if row["lang"] == language]
        places = {row["group"]: place for place, row in enumerate(own)}
        asked = [row for row in questions if row["lang"] == language]
        tasks.append(
            Task(
                f"XQuAD {language}",
                language,
                tuple(row["text"] for row in own),
                tuple(row["query"] for row in asked),
                tuple(places[row["relevant_group"]] for row in asked),
            )
        )
    return tasks


def questions_in_one_language(folder: Path) -> list[Task]:
    """Ask the paraphrased questions of the development set of its passages in all languages."""
    passages = read_rows(folder, "dev_docs")
    places = {row["id"]: place for place, row in enumerate(passages)}
    tasks = []
    asked = [row for row in read_rows(folder, "dev_queries") if row["kind"] == "mono"]
    for language in sorted({row["lang"] for row in asked}):
        own = [row for row in asked if row["lang"] == language]
        tasks.append(
            Task(
                f"dev set {language}",
                language,
                tuple(f"{row['title']}\n\n{row['text']}" for row in passages),
                tuple(row["query"] for row in own),
                tuple(places[row["relevant"][0]] for row in own),
            )
        )
    return tasks


def fetch_guide(work: Path) -> Path:
    """Return the folder of Debian's installation guide, one folder a language; downloaded if it is missing.

    Raises:
        CalledProcessError: there is no apt-get here, or it knows no such package.
    """
    pages = work / PACKAGE / "usr/share/doc" / PACKAGE
    if not pages.is_dir():
        work.mkdir(parents=True, exist_ok=True)
        if not any(work.glob(f"{PACKAGE}_*.deb")):
            subprocess.run(["apt-get", "download", PACKAGE], cwd=work, check=True, stdout=subprocess.DEVNULL)
        [archive] = work.glob(f"{PACKAGE}_*.deb")
        subprocess.run(["dpkg", "-x", archive, work / PACKAGE], check=True)
    return pages


def sentences_without_their_paragraphs(pages: Path) -> list[Task]:
    """Take the middle sentence out of each paragraph of the guide, and ask with it for what is left."""
    english = {text for page in sorted((pages / "en").glob("*.html")) for text in paragraphs(page)}
    tasks = []
    for folder in sorted(path for path in pages.iterdir() if path.is_dir()):
        language = folder.name[:2]
        found = dict.fromkeys(text for page in sorted(folder.glob("*.html")) for text in paragraphs(page))
        own = [text for text in found if language == "en" or text not in english]
        cut = list(map(without_a_sentence, own))
        tasks.append(
            Task(
                f"guide {language}",
                language,
                tuple(rest for rest, _ in cut),
                tuple(sentence for _, sentence in cut if sentence),
                tuple(np.flatnonzero([bool(sentence) for _, sentence in cut]).tolist()),
            )
        )
    return tasks


def paragraphs(page: Path) -> Iterator[str]:
    """Yield the paragraphs of a page, white space folded."""
    for node in LexborHTMLParser(page.read_bytes()).css("p"):
        if text := " ".join(node.text().split()):
            yield text


def without_a_sentence(paragraph: str) -> tuple[str, str]:
    """Take the middle sentence out of a paragraph; it is empty where there are too few."""
    ends = [end for end in sentence_ends(paragraph).tolist() if end < len(paragraph)]
    borders = [0, *ends, len(paragraph)]
    if len(borders) <= SENTENCES:
        return paragraph, ""
    middle = (len(borders) - 1) // 2
    start, end = borders[middle : middle + 2]
    return f"{paragraph[:start]}{paragraph[end:]}", paragraph[start:end].strip()
