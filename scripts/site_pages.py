"""What mkdocs is told beyond mkdocs.yml: pages that stand outside docs/, and where their links lead."""

from __future__ import annotations

import posixpath
import re
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
ELSEWHERE = {
    "SECURITY.md": "security.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changes.md",
    "encoder/builtin/README.md": "model-card.md",
    "samples/SOURCES.md": "samples.md",
    "benchmarks/README.md": "benchmarks/README.md",
    **{
        f"benchmarks/results/{path.name}": f"benchmarks/results/{path.name}"
        for path in sorted((ROOT / "benchmarks" / "results").glob("*.md"))
    },
}
"""Where a file of the repository stands on the site."""
ORIGINS = {page: origin for origin, page in ELSEWHERE.items()}

_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\((?!\w+:|#)([^)#\s]+)(#[^)\s]*)?\)")
_NOT_RUN = re.compile(r"^<!-- not run: .*? -->\n", re.MULTILINE)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Write out the patterns of the navigation."""
    pages = [
        *ELSEWHERE.values(),
        *(str(path.relative_to(ROOT / "docs")) for path in (ROOT / "docs").rglob("*.md")),
    ]
    config.nav = _written_out(config.nav or [], sorted(pages))
    return config


def _written_out(entries: list[object], pages: list[str]) -> list[object]:
    written: list[object] = []
    for entry in entries:
        if isinstance(entry, str) and "*" in entry:
            written += [page for page in pages if fnmatch(page, entry) and not page.endswith("README.md")]
        elif isinstance(entry, dict):
            written.append(
                {
                    name: _written_out(below, pages) if isinstance(below, list) else below
                    for name, below in entry.items()
                }
            )
        else:
            written.append(entry)
    return written


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that stand outside docs/."""
    for origin, page in ELSEWHERE.items():
        files.append(File.generated(config, page, abs_src_path=str(ROOT / origin)))
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Let links lead to the site; what is not on it, such as a source file, is named and not linked."""
    here = page.file.src_uri
    origin = ORIGINS.get(here, f"docs/{here}")

    def led(link: re.Match[str]) -> str:
        mark, text, target, anchor = link.groups()
        named = posixpath.normpath(posixpath.join(posixpath.dirname(origin), target))
        on_site = {"README.md": "index.md", **ELSEWHERE}.get(named)
        if on_site is None and not named.startswith("docs/"):
            return text
        on_site = on_site or named.removeprefix("docs/")
        return f"{mark}[{text}]({posixpath.relpath(on_site, posixpath.dirname(here) or '.')}{anchor or ''})"

    return _LINK.sub(led, _NOT_RUN.sub("", markdown))
