"""The names of files that are read, and the reader that each suggests; what is inside has the last word."""

from __future__ import annotations

from pathlib import PurePath

_BY_TYPE = {
    "txt": (
        ".txt .text .adoc .asciidoc .org "
        ".py .pyi .js .mjs .cjs .ts .jsx .tsx .vue .java .kt .kts .scala .groovy .clj .c .h .cc .cpp .cxx "
        ".hh .hpp .cs .fs .vb .m .mm .swift .go .rs .zig .d .pas .ada .adb .ads .f90 .f95 .rb .pl .pm .php "
        ".lua .r .jl .hs .ml .mli .elm .ex .exs .erl .lisp .el .scm .rkt .sh .bash .zsh .fish .ps1 .bat "
        ".sql .proto"
    ),
    "md": ".md .markdown .mdown .mkd",
    "rst": ".rst .rest",
    "html": ".html .htm .xhtml",
    "pdf": ".pdf",
    "docx": ".docx .docm .dotx",
    "pptx": ".pptx .pptm .ppsx .potx",
    "xlsx": ".xlsx .xlsm .xltx",
    "odt": ".odt .ott",
    "ods": ".ods .ots",
    "odp": ".odp .otp",
    "epub": ".epub",
    "rtf": ".rtf",
    "eml": ".eml",
    "mbox": ".mbox .mbx",
    "csv": ".csv",
    "tsv": ".tsv .tab",
    "json": ".json",
    "jsonl": ".jsonl .ndjson",
    "ipynb": ".ipynb",
    "srt": ".srt",
    "vtt": ".vtt",
    "po": ".po .pot",
    "tex": ".tex .latex .ltx",
    "zip": ".zip",
}
MEDIA_TYPES = {suffix: media_type for media_type, suffixes in _BY_TYPE.items() for suffix in suffixes.split()}
PACKED = ".gz"
"""After the name of any file that is read."""


def media_type_of(path: PurePath) -> str | None:
    """Guess the media type from the name, of a packed file that of its content; None if it is not read."""
    suffix = path.suffix.lower()
    return MEDIA_TYPES.get(PurePath(path.stem).suffix.lower() if suffix == PACKED else suffix)
