"""What commands of LaTeX stand for in a text."""

from __future__ import annotations

import unicodedata

HEADINGS = {
    "title": 1, "part": 2, "chapter": 3, "section": 4, "frametitle": 5, "subsection": 5, "subsubsection": 6,
    "paragraph": 7, "subparagraph": 8,
}  # fmt: skip
"""Levels, of which few documents use all."""
FOOTNOTES = frozenset(("footnote", "footnotetext", "thanks"))
INCLUDES = frozenset(("input", "include", "subfile", "InputIfFileExists"))

DROPPED_ARGUMENTS = {
    **dict.fromkeys((
        "label", "ref", "eqref", "pageref", "nameref", "autoref", "cref", "Cref", "vref", "cite", "citep",
        "citet", "citeauthor", "citeyear", "parencite", "textcite", "footcite", "autocite", "nocite",
        "bibliography", "bibliographystyle", "addbibresource", "includegraphics", "usepackage",
        "RequirePackage", "documentclass", "vspace", "hspace", "index", "hypersetup", "pagestyle",
        "thispagestyle", "color", "textcolor", "colorbox", "href", "hyperref", "hypertarget", "hyperlink",
        "foreignlanguage", "selectlanguage", "parbox", "raisebox", "bibitem", "pagenumbering", "graphicspath",
        "usetheme", "usecolortheme", "usetikzlibrary", "theoremstyle", "phantom", "hphantom", "vphantom",
        "addtolength", "stepcounter", "refstepcounter", "newcounter", "newlength", "date", "tag",
    ), 1),
    **dict.fromkeys((
        "newcommand", "renewcommand", "providecommand", "setlength", "setcounter", "addtocounter", "rule",
        "fontsize", "newtheorem", "multicolumn", "resizebox", "cmidrule", "definecolor",
        "DeclareMathOperator",
        "titleformat", "addcontentsline",
        "setbeamertemplate", "SetKwInOut",
    ), 2),
    **dict.fromkeys(("newenvironment", "renewenvironment"), 3),
}  # fmt: skip
"""How many arguments in braces are no text."""

ENVIRONMENT_ARGUMENTS = {
    "tabular": 1, "array": 1, "longtable": 1, "supertabular": 1, "tabularx": 2, "tabular*": 2, "tabulary": 2,
    "minipage": 1, "multicols": 1, "wrapfigure": 2, "thebibliography": 1, "otherlanguage": 1,
    "otherlanguage*": 1, "adjustbox": 1, "column": 1, "list": 2, "subfigure": 1, "spacing": 1,
}  # fmt: skip

VERBATIM = frozenset(("verbatim", "verbatim*", "Verbatim", "lstlisting", "minted", "alltt", "code"))
DRAWN = frozenset(("tikzpicture", "picture", "pspicture", "pgfpicture", "asy"))
"""Environments that draw."""

LETTERS = {
    "ss": "ß", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å", "AA": "Å", "o": "ø", "O": "Ø",
    "l": "ł", "L": "Ł", "i": "ı", "j": "ȷ", "dh": "ð", "DH": "Ð", "th": "þ", "TH": "Þ", "dj": "đ",
    "DJ": "Đ", "ng": "ŋ", "NG": "Ŋ", "S": "§", "P": "¶", "copyright": "©", "pounds": "£", "euro": "€",
    "ldots": "…", "dots": "…", "textellipsis": "…", "textendash": "–", "textemdash": "—",
    "textbackslash": "\\", "textasciitilde": "~", "textasciicircum": "^", "textbar": "|", "textless": "<",
    "textgreater": ">", "textunderscore": "_", "guillemotleft": "«", "guillemotright": "»", "og": "«",
    "fg": "»", "quotedblbase": "„", "textquotedblleft": "“", "textquotedblright": "”", "textdegree": "°",
    "TeX": "TeX", "LaTeX": "LaTeX", "LaTeXe": "LaTeX2e", "BibTeX": "BibTeX", "times": "×", "cdot": "·",
    "pm": "±", "leq": "≤", "le": "≤", "geq": "≥", "ge": "≥", "neq": "≠", "ne": "≠", "approx": "≈",
    "equiv": "≡", "infty": "∞", "sum": "∑", "prod": "∏", "int": "∫", "partial": "∂", "nabla": "∇", "in": "∈",
    "subset": "⊂", "cup": "∪", "cap": "∩", "forall": "∀", "exists": "∃", "to": "→", "rightarrow": "→",
    "Rightarrow": "⇒", "leftarrow": "←", "mapsto": "↦", "quad": " ", "qquad": " ", "space": " ",
}  # fmt: skip
_GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau "
    "upsilon phi chi psi omega"
)
for _name in _GREEK.split():
    _letter = unicodedata.lookup(f"GREEK SMALL LETTER {_name.replace('lambda', 'lamda')}")
    LETTERS |= {_name: _letter, _name.capitalize(): _letter.upper()}

ACCENTS = {
    "'": "\u0301", "`": "\u0300", "^": "\u0302", '"': "\u0308", "~": "\u0303", "=": "\u0304", ".": "\u0307",
    "u": "\u0306", "v": "\u030c", "H": "\u030b", "c": "\u0327", "d": "\u0323", "b": "\u0331", "r": "\u030a",
    "k": "\u0328",
}  # fmt: skip
"""Combining characters, which stand after the letter."""

SYMBOLS = {
    **{symbol: symbol for symbol in "%$&#_{}"},
    **dict.fromkeys(" \n\t,;:>", " "),
}
"""Commands of one sign; others of them say nothing."""
