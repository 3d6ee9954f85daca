"""Which keys do what on the search screen; by the ids, the table `[keys]` of the settings names them."""

from __future__ import annotations

from textual.binding import Binding

QUESTION = (
    Binding("down", "screen.focus_hits", "Hits", id="query.hits"),
    Binding("escape", "screen.back", "Hits, or stop searching", show=False, id="query.back"),
    Binding("ctrl+up", "earlier", "Earlier question", show=False, id="query.earlier"),
    Binding("ctrl+down", "later", "Later question", show=False, id="query.later"),
    Binding("f1", "screen.help", "Help", id="query.help"),
)
"""While the question is written."""

HITS = (
    Binding("j", "cursor_down", "Down", show=False, id="hits.down"),
    Binding("k", "cursor_up", "Up", show=False, id="hits.up"),
    Binding("space", "mark", "Mark", show=False, id="hits.mark"),
    Binding("a", "mark_all", "Mark all, or none", show=False, id="hits.mark_all"),
)
"""On the list of hits."""

ANSWER = (
    Binding("x", "explain", "Explain", id="answer.explain"),
    Binding("o", "open", "Open", id="answer.open"),
    Binding("O", "open(True)", "Open in a viewer", show=False, id="answer.view"),
    Binding("i", "describe", "Info on the document", show=False, id="answer.info"),
    Binding("e", "export", "Export", id="answer.export"),
    Binding("y", "cite", "Copy as a citation", show=False, id="answer.cite"),
    Binding("Y", "copy_json", "Copy as JSON", show=False, id="answer.copy_json"),
    Binding("n", "step_evidence(1)", "Next evidence", show=False, id="answer.next_evidence"),
    Binding("N", "step_evidence(-1)", "Previous evidence", show=False, id="answer.previous_evidence"),
    Binding("p", "toggle_page", "Page of a PDF", show=False, id="answer.page"),
    Binding("right_square_bracket", "turn(1)", "Next passage", key_display="]", show=False, id="answer.next"),
    Binding(
        "left_square_bracket",
        "turn(-1)",
        "Previous passage",
        key_display="[",
        show=False,
        id="answer.previous",
    ),
)
"""On the hits, in the document and where nothing was found."""

SCREEN = (
    Binding("slash", "focus_query", "Query", key_display="/", id="search.query"),
    Binding("ctrl+l", "focus_query", "Query", show=False, id="search.query_too"),
    Binding("s", "similar", "Similar", id="search.similar"),
    Binding("plus", "like", "More like this", key_display="+", show=False, id="search.like"),
    Binding("minus", "unlike", "Less like this", key_display="-", show=False, id="search.unlike"),
    Binding("m", "next_mode", "Mode", id="search.mode"),
    Binding("l", "choose_languages", "Languages", show=False, id="search.languages"),
    Binding("f", "add_filter", "Filter", id="search.filter"),
    Binding("r", "switch_rerank", "Re-rank or not", show=False, id="search.rerank"),
    Binding("b", "switch_balance", "Balance languages or not", show=False, id="search.balance"),
    Binding("ctrl+r", "refresh", "Read the index anew", show=False, id="search.refresh"),
    Binding("question_mark", "help", "Help", key_display="?", id="search.help"),
    Binding("f1", "help", "Help", show=False, id="search.help_too"),
    Binding("escape", "back", "Back, or stop searching", show=False, id="search.back"),
    Binding("q", "app.quit", "Quit", show=False, id="search.quit"),
)
"""Wherever the question does not take them."""

APP = (
    Binding("I", "ingest", "Ingest", show=False, id="app.ingest"),
    Binding("c", "choose_collection", "Collections", show=False, id="app.collections"),
    Binding("ctrl+p", "command_palette", "Palette", show=False, id="app.palette", priority=True),
    Binding("ctrl+q", "quit", "Quit", show=False, id="app.quit", priority=True),
)
"""Everywhere."""

LANGUAGES = (
    Binding("enter", "apply", "Apply", id="languages.apply", priority=True),
    Binding("escape", "dismiss", "Cancel", id="languages.cancel"),
)
EXPORT = (Binding("escape", "dismiss", "Cancel", id="export.cancel"),)
FILTER = (
    Binding("escape", "dismiss", "Cancel", id="filter.cancel"),
    Binding("j", "down", "Down", show=False, id="filter.down"),
    Binding("k", "up", "Up", show=False, id="filter.up"),
)
READING = (
    Binding("escape,q,enter", "dismiss", "Back", id="reading.back"),
    Binding("j", "scroll(1)", "Down", show=False, id="reading.down"),
    Binding("k", "scroll(-1)", "Up", show=False, id="reading.up"),
)
COLLECTIONS = (
    Binding("escape", "dismiss", "Cancel", id="collections.cancel"),
    Binding("j", "cursor(1)", "Down", show=False, id="collections.down"),
    Binding("k", "cursor(-1)", "Up", show=False, id="collections.up"),
)
FOLDER = (
    Binding("tab", "complete", "Complete", id="folder.complete"),
    Binding("down", "app.focus_next", "List", show=False, id="folder.list"),
)
JOBS = (
    Binding("j", "cursor_down", "Down", show=False, id="jobs.down"),
    Binding("k", "cursor_up", "Up", show=False, id="jobs.up"),
)
INGEST = (
    Binding("slash", "focus_folder", "Folder", key_display="/", id="ingest.folder"),
    Binding("s", "stop", "Stop", id="ingest.stop"),
    Binding("escape", "leave", "Back", id="ingest.back"),
    Binding("q", "app.quit", "Quit", id="ingest.quit"),
)
DIALOGS = (LANGUAGES, EXPORT, FILTER, READING, COLLECTIONS, FOLDER, (*JOBS, *INGEST))
"""Each where nothing else acts but what acts everywhere; the dialog itself says which keys it has."""
