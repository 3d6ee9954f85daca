"""LaTeX source."""

from __future__ import annotations

import time

import pytest

from index_data.errors import UnreadableFile
from ingest.readers.latex import read_latex


def _text(source: str) -> str:
    return read_latex(source.encode()).text


def test_title_and_headings_without_the_rest_of_the_preamble() -> None:
    source = r"""\documentclass[12pt]{book} % hush
    \newcommand{\hush}[1]{hush #1}
    \title[short]{Über \emph{alles}}\author{Ada \and Борис}
    \begin{document}\maketitle
    \chapter{Eins}\label{hush} Text.
    \section*[short]{Zwei $x^2$}
    \subsubsection{Drei}
    Ende.
    \end{document} hush"""
    parsed = read_latex(source.encode())
    assert parsed.text == "Über alles\n\nAda Борис\n\nEins\n\nText.\n\nZwei x^2\n\nDrei\n\nEnde."
    assert [(item.level, item.title) for item in parsed.headings] == [
        (1, "Über alles"), (2, "Eins"), (3, "Zwei x^2"), (4, "Drei"),
    ]  # fmt: skip
    assert parsed.title == "Über alles"


def test_paragraphs_commands_and_comments() -> None:
    source = (
        "One \\textbf{bold}\nword~\\cite[p.~7]{hush}.% hush\n\n\n"
        "\\noindent Two\\\\[2pt]lines\\par\\vspace{1cm}Three"
    )
    assert _text(source) == "One bold word .\n\nTwo\nlines\n\nThree"


def test_letters_and_signs() -> None:
    source = (
        r"""Gr\"u{\ss}e, \'etude, na\"{\i}ve, \c{c}a, \v{S}koda, \o re, Stra\ss e, \AA; 5\,\% \& \$3 """
        r"""---``so''--\ldots{} \LaTeX{}"""
    )
    assert _text(source) == "Grüße, étude, naïve, ça, Škoda, øre, Straße, Å; 5 % & $3 —“so”–… LaTeX"
    assert _text(r"\(\alpha + \frac{a}{b} \leq \Omega\)") == "α+ a b ≤Ω"


def test_lists_tables_and_verbatim() -> None:
    source = r"""\begin{itemize}\item a \item[\textbf{B}] b\end{itemize}
    \begin{tabular}{|l|p{3cm}|}\hline x & y \\ \hline \multicolumn{2}{c}{z}\end{tabular}
    \begin{lstlisting}[language=C]
if (x) { /* 5% */
    y;
\end{lstlisting}
    and \verb|a_{b}| too"""
    assert _text(source) == "a\nB b\n\nx\ty\nz\n\nif (x) { /* 5% */\n    y;\n\nand a_{b} too"


def test_footnotes_come_last() -> None:
    assert (
        _text(r"Text\footnote{A \emph{note}.} goes on.\footnote{More.}")
        == "Text goes on.\n\nA note.\n\nMore."
    )


def test_what_is_drawn_or_elsewhere_is_noted() -> None:
    source = (
        r"Text \begin{tikzpicture}\draw (0,0);\end{tikzpicture}\input{chapter2}\begin{comment}x\end{comment}"
    )
    parsed = read_latex(source.encode())
    assert parsed.text == "Text"
    assert parsed.notes == (
        "the file 'chapter2', which belongs here, was not read",
        "drawings that were not read: 1",
    )


def test_a_declared_encoding_is_used() -> None:
    source = "\\usepackage[latin2]{inputenc}\\begin{document}Łódź\\end{document}"
    parsed = read_latex(source.encode("iso8859-2"))
    assert (parsed.text, parsed.encoding) == ("Łódź", "iso8859-2")


@pytest.mark.parametrize(
    "attack",
    [
        "}" * 100_000,
        "\\section{" * 5_000,
        "\\label{" * 5_000,
        "\\begin{verbatim}" * 10_000,
        "\\footnote{" * 5_000,
        "\\frac[" * 30_000,
        "\\" * 100_001,
        "$" * 100_000,
        "%" * 100_000,
        "\n \t" * 50_000,
        "\\verb|" * 20_000,
        "\\title{" * 2_000 + "\\begin{document}before",
    ],
)
def test_hostile_sources_take_no_time(attack: str) -> None:
    started = time.process_time()
    assert "before" in _text(f"before\n\n{attack}")
    assert time.process_time() - started < 5


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(UnreadableFile, match="nested too deep"):
        _text("{" * 100_000)
