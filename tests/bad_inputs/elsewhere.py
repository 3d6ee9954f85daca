"""Bad inputs that other tests put in, and those that nobody does."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """One that another test puts in."""

    case: int
    what: str
    test: str
    """The file, below `tests`, and the name of the test."""


@dataclass(frozen=True, slots=True)
class NotMade:
    """One that no test puts in."""

    case: int
    what: str
    why: str


ELSEWHERE = (
    Elsewhere(
        12,
        "the same on a terminal",
        "terminal/test_hostile_text.py::test_no_control_character_reaches_the_terminal",
    ),
    Elsewhere(
        13,
        "the same on the screen, clicked",
        "terminal/test_hostile_text.py::test_no_click_on_any_row_runs_anything",
    ),
    Elsewhere(
        13,
        "code that would show foreign text as markup",
        "terminal/test_markup_lint.py::test_no_widget_reads_foreign_markup",
    ),
    Elsewhere(
        14, "a hostile name, opened", "terminal/test_opener.py::test_no_shell_reads_the_name_of_a_file"
    ),
    Elsewhere(
        15,
        "a name that is not UTF-8, as JSON",
        "terminal/test_json_output.py::test_a_file_name_that_is_not_utf8_survives",
    ),
    Elsewhere(
        22, "copies are embedded once", "ingest/test_reuse.py::test_copies_in_the_first_run_are_embedded_once"
    ),
    Elsewhere(
        24,
        "a folder that may not be read",
        "ingest/test_discovery.py::test_a_folder_that_may_not_be_read_is_one_line",
    ),
    Elsewhere(
        25,
        "a file that changes, vanishes or turns into something else while it is read",
        "faults/test_moving_files.py::test_what_moves_under_the_reader_is_not_believed",
    ),
    Elsewhere(27, "very many files", "faults/test_memory.py::test_memory_does_not_grow_with_the_documents"),
    Elsewhere(
        39,
        "an address that a reader would fetch",
        "ingest/readers/test_confinement.py::test_there_is_no_network_not_even_to_this_machine",
    ),
    Elsewhere(
        40,
        "Arabic, ideographs and ligatures in a PDF",
        "ingest/readers/test_pdf.py::test_arabic_pages_come_out_in_reading_order",
    ),
    Elsewhere(
        44,
        "a file that a reader would write",
        "ingest/readers/test_confinement.py::test_nothing_can_be_written",
    ),
    Elsewhere(
        50,
        "what a DOCX says beside its body",
        "ingest/readers/test_docx.py::test_deleted_text_stays_out_and_notes_come_last",
    ),
    Elsewhere(
        64,
        "vectors that are no numbers",
        "index_data/test_index.py::test_vectors_that_are_off_change_nothing",
    ),
    Elsewhere(
        65,
        "a batch for which a device has no memory",
        "encoder/test_runner.py::test_out_of_memory_halves_the_batch_and_goes_on",
    ),
    Elsewhere(
        66,
        "questions: empty, of odd characters, a page long",
        "terminal/test_command_line.py::test_a_question_of_odd_characters_is_no_error",
    ),
    Elsewhere(
        66,
        "questions: empty, of odd characters, a page long",
        "terminal/test_command_line.py::test_an_empty_question_is_refused",
    ),
    Elsewhere(
        66,
        "questions: empty, of odd characters, a page long",
        "index_data/test_full_text.py::test_a_query_may_be_a_whole_page",
    ),
    Elsewhere(
        67,
        "questions in the syntax of a full-text search",
        "index_data/test_full_text.py::test_no_query_is_a_syntax_error",
    ),
    Elsewhere(68, "questions in SQL", "index_data/test_full_text.py::test_no_query_is_a_syntax_error"),
    Elsewhere(
        69,
        "hits with control characters, odd numbers and formulas, written to a file",
        "terminal/test_text_outputs.py::test_csv_is_read_back_and_runs_no_formula",
    ),
    Elsewhere(
        69,
        "hits with control characters, odd numbers and formulas, written to a file",
        "terminal/test_json_output.py::test_scores_that_are_no_numbers_are_left_out",
    ),
    Elsewhere(
        70,
        "something else in place of an index",
        "terminal/test_command_line.py::test_what_is_no_index_is_3_and_stays_as_it_is",
    ),
    Elsewhere(
        70,
        "something else in place of each file of an index",
        "faults/test_files.py::test_a_spoilt_file_gives_right_answers_or_a_clean_error",
    ),
    Elsewhere(
        72,
        "a segment that claims more than it holds",
        "index_data/test_vectors.py::test_a_file_that_claims_more_than_it_holds_is_refused",
    ),
    Elsewhere(
        74,
        "weights that hold code",
        "encoder/models/test_fetch.py::test_a_pickle_that_holds_code_is_not_obeyed",
    ),
    Elsewhere(
        75,
        "settings with unknown keys and wrong values",
        "terminal/test_settings.py::test_an_unknown_key_names_the_nearest_one",
    ),
    Elsewhere(75, "settings that are broken", "terminal/test_settings.py::test_a_broken_file_is_refused"),
    Elsewhere(
        78,
        "a narrow screen, no screen, closed streams",
        "terminal/test_tui_snapshots.py::test_a_narrow_screen",
    ),
    Elsewhere(
        78,
        "a narrow screen, no screen, closed streams",
        "terminal/test_command_line.py::test_the_screen_needs_a_terminal",
    ),
    Elsewhere(
        78,
        "a narrow screen, no screen, closed streams",
        "terminal/test_processes.py::test_a_closed_stream_is_no_error",
    ),
)
NOT_MADE = (
    NotMade(19, "block and character devices", "only root can make one; a link to one is above"),
    NotMade(
        26,
        "a disk that fails or never answers while a document is read",
        "needs a file system of its own; a reader that hangs is killed: `ingest/test_poison.py`",
    ),
    NotMade(31, "PDF with LZW bombs", "nothing here writes LZW; the two other packings are above"),
    NotMade(34, "PDF locked by AES-256", "nothing here writes one; PDFium reads them without help"),
    NotMade(
        71,
        "an index whose tables were changed by somebody else",
        "SQLite is told not to trust the schema; no test makes such an index",
    ),
    NotMade(
        73,
        "a segment that is a FAISS index of another kind",
        "a segment is read only if its digest is the one that was noted; no test notes that of a foreign one",
    ),
    NotMade(76, "requests to a server", "there is no server"),
    NotMade(77, "requests by the Model Context Protocol", "there is no server"),
)
