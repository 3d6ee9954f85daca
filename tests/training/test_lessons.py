"""The aligner of courses in Markdown, on pages small enough to read."""

from pathlib import Path

from training.sources.lessons import align, lesson_pages, page_blocks, plain_text
from training.sources.units import Unit

ENGLISH = """<!-- a remark
over two lines -->
# 🚀 First *steps* #

[![Badge](https://example.org/b.svg)](https://example.org)
![Picture](a.png)
[One](a.md) | [Two](b.md)

You need **two** things
and [a page](page.md).

- [ ] Install `it`
  on every machine
1. Run

| Name | Use |
|------|:---:|
| cat  | read files |

```bash
# not a heading
```
> Quoted text
"""
FRENCH = """# 🚀 Premiers *pas*

Il faut **deux** choses et [une page](page.md).

- [ ] L'installer partout
1. Lancer

| Nom | Usage |
|---|---|
| cat | lire des fichiers |

~~~~
```
# pas un titre
~~~~
> Texte cité

---
**Avertissement** : traduit par une machine.
"""


def test_blocks_of_a_page() -> None:
    """Code, pictures, badges, remarks and lines of nothing but links are no blocks."""
    assert page_blocks(ENGLISH) == [
        ("h1", "First steps"),
        ("paragraph", "You need two things and a page."),
        ("item", "Install it on every machine"),
        ("item", "Run"),
        ("row", "Name, Use"),
        ("row", "cat, read files"),
        ("paragraph", "Quoted text"),
    ]


def test_equal_sequences_align() -> None:
    """A disclaimer at the end of the translation is left out; what is equal in both is too."""
    assert align(page_blocks(ENGLISH), page_blocks(FRENCH)) == [
        Unit(True, "First steps", "Premiers pas"),
        Unit(False, "You need two things and a page.", "Il faut deux choses et une page."),
        Unit(False, "Install it on every machine", "L'installer partout"),
        Unit(False, "Run", "Lancer"),
        Unit(False, "Name, Use", "Nom, Usage"),
        Unit(False, "cat, read files", "cat, lire des fichiers"),
        Unit(False, "Quoted text", "Texte cité"),
    ]


def test_other_sequences_give_nothing() -> None:
    """A missing block, another level of heading, or more than the disclaimer spoils a page."""
    english = page_blocks(ENGLISH)
    assert align(english, english[1:]) == []
    assert align(english, [("h2", "Premiers pas"), *english[1:]]) == []
    assert align(english, [*english, ("paragraph", "Un"), ("paragraph", "Deux")]) == []


def test_text_without_marks() -> None:
    """Emphasis and pictograms go; names with underscores and comparisons stay."""
    markdown = "__Set__ `max_tokens` _now_, if <b>n</b> < 5 and m > 3 ✅"
    assert plain_text(markdown) == "Set max_tokens now, if n < 5 and m > 3"


def test_pages_of_a_course(tmp_path: Path) -> None:
    """Regions of one language are one; Pidgin and English translations are not read."""
    for folder in ("", "translations/zh-TW", "translations/pcm", "translations/en"):
        page = tmp_path / folder / "docs" / "start.md"
        page.parent.mkdir(parents=True)
        page.write_text(f"# Title {folder[-2:]}\n", encoding="utf-8")
    (tmp_path / "alone.md").write_text("# Alone\n", encoding="utf-8")
    assert list(lesson_pages(tmp_path)) == [("zh", [Unit(True, "Title", "Title TW")])]
