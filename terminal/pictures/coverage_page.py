"""A page that accounts for every file: what of it can be found, what cannot, and why."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from index_data.records import FileAccount, FileState, IndexSummary
from terminal.pictures.page import page, shown
from terminal.safe_text import safe_path

MOST_ROWS = 20_000
"""Files that the page lists one by one; those with something to tell come first."""
_COLUMNS = (
    "state",
    "file",
    "type",
    "passages",
    "characters",
    "can be found",
    "pages",
    "without text",
    "to know",
)
_STALE = "changed since it was read"

_BODY = """<header>
<h1>Coverage of {folder}</h1>
<input id="filter" type="search" placeholder="Filter by path, type or note" aria-label="Filter">
<span id="count" class="faint" role="status"></span>
<button id="theme" class="end" type="button">Light or dark</button>
</header>
<main>
<p>{summary}</p>
<div id="states">{states}</div>
<div class="counts">{counts}</div>
<table id="files"><thead><tr>{head}</tr></thead><tbody>
{rows}
</tbody></table>
<p class="faint">{left_out}</p>
</main>"""


def coverage_page(summary: IndexSummary, accounts: Sequence[FileAccount], stale: Collection[Path]) -> str:
    """Write the page; `stale` are the files that are not what was read."""
    told = sorted(accounts, key=lambda account: (_is_plain(account, stale), account.path))
    listed, more = told[:MOST_ROWS], len(told) - MOST_ROWS
    top = _top(listed)
    body = _BODY.format(
        folder=shown(safe_path(summary.folder.absolute())),
        summary=shown(f"{_summary(summary, accounts)} Files below {safe_path(top)}."),
        states="".join(_states(accounts, stale)),
        counts=_counts("Documents by type", summary.media_types)
        + _counts("Passages by language", summary.languages),
        head="".join(_heading(name) for name in _COLUMNS),
        rows="\n".join(_row(account, top, is_stale=account.path in stale) for account in listed),
        left_out=shown(
            f"{more:,} more files, all of them read whole, are in `dragoman status --files`."
            if more > 0
            else ""
        ),
    )
    return page("Coverage", body, name="coverage", data=None)


def _summary(summary: IndexSummary, accounts: Iterable[FileAccount]) -> str:
    made_by = summary.fingerprint
    textless = sum(len(account.textless_pages) for account in accounts)
    return (
        f"Documents {summary.documents:,}, passages {summary.passages:,}, pages without text {textless:,}; "
        f"generation {summary.generation}, encoder {made_by.model} ({made_by.encoder[:12]})."
    )


def _is_plain(account: FileAccount, stale: Collection[Path]) -> bool:
    """Whether there is nothing to tell of a file but that it was read."""
    complete = account.state is FileState.READY and not account.notes and not account.textless_pages
    return complete and account.path not in stale


def _states(accounts: Iterable[FileAccount], stale: Collection[Path]) -> list[str]:
    counted = Counter(account.state.value for account in accounts)
    states = {state.value: counted[state.value] for state in FileState} | {"stale": len(stale)}
    button = '<button type="button" data-state="{0}" aria-pressed="false"><b>{1:,}</b> {0}</button>'
    return [button.format(state, count) for state, count in states.items()]


def _counts(title: str, counts: Mapping[str, int]) -> str:
    most = max(counts.values(), default=1)
    rows = "".join(
        f'<tr><th scope="row">{shown(name)}</th><td><meter max="{most}" value="{count}"></meter></td>'
        f"<td>{count:,}</td></tr>"
        for name, count in counts.items()
    )
    return f"<details><summary>{title} ({len(counts)})</summary><table>{rows}</table></details>"


def _heading(name: str) -> str:
    return f'<th scope="col"><button type="button">{name}</button></th>'


def _row(account: FileAccount, top: Path, *, is_stale: bool) -> str:
    path = account.path.relative_to(top) if account.path.is_relative_to(top) else account.path
    share = account.share_embedded
    told = [_STALE] if is_stale else []
    told += [account.reason] if account.reason else []
    told += [f"{account.attempts} attempts"] if account.attempts else []
    told += account.notes
    told += [f"recognised: pages {_pages(account.recognised_pages)}"] if account.recognised_pages else []
    cells = [
        f"<td><span>{account.state.value}</span></td>",
        f'<td><bdi title="{shown(str(account.path))}">{shown(str(path))}</bdi></td>',
        f"<td>{shown(account.media_type or '')}</td>",
        _number(account.passages),
        _number(account.characters),
        _number(share, "" if share is None else f"{share:.0%}"),
        _number(account.pages),
        _number(len(account.textless_pages) if account.pages else None, title=_pages(account.textless_pages)),
        f"<td>{'<br>'.join(map(shown, told))}</td>",
    ]
    states = f"{account.state.value} stale" if is_stale else account.state.value
    return f'<tr data-states="{states}">{"".join(cells)}</tr>'


def _number(value: float | None, text: str | None = None, *, title: str = "") -> str:
    if value is None:
        return "<td></td>"
    about = f' title="{title}"' if title else ""
    return f'<td data-value="{value}"{about}>{f"{value:,}" if text is None else text}</td>'


def _pages(pages: Sequence[int]) -> str:
    named = ", ".join(map(str, pages[:20]))
    return f"{named} and {len(pages) - 20:,} more" if len(pages) > 20 else named


def _top(accounts: Sequence[FileAccount]) -> Path:
    """Return the folder below which all of them lie."""
    return Path(os.path.commonpath([one.path.parent for one in accounts])) if accounts else Path("/")
