"""What the README and the docs tell people to type is typed: in a home of its own, page by page, in order.

By default those commands are run that need no encoder and no shell; with -m slow, all. A block that cannot be
run says why, in a comment above it: <!-- not run: REASON -->.
"""

from __future__ import annotations

import doctest
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from terminal.cli import cli, main

ROOT = Path(__file__).parents[1]
PAGES = [
    path
    for path in [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]
    if "```console" in path.read_text(encoding="utf-8")
]
BLOCK = re.compile(
    r"^(?:<!-- not run: (?P<reason>.*?) -->\n)?```console\n(?P<body>.*?)^```", re.MULTILINE | re.DOTALL
)
VARIABLES = re.compile(r"^(?:[A-Z_]+=\S+ )*")
OURS = re.compile(VARIABLES.pattern + r"dragoman\b")
ALIKE = doctest.OutputChecker()

NOT_RUN = {
    "docs/cluster.md": 4,
    "docs/configuration.md": 1,
    "docs/http-api.md": 1,
    "docs/models.md": 2,
    "docs/ray.md": 1,
    "docs/recipes.md": 2,
    "docs/served-models.md": 2,
}
"""Blocks that are not run, by page; whoever adds one says so here."""
NEVER_RUN = {
    "tui": "takes the whole terminal",
    "watch": "goes on until Ctrl-C",
    "serve": "goes on until Ctrl-C",
    "mcp": "speaks with a program",
    "tune": "takes minutes",
    "migrate": "needs a server",
}
"""Commands that are parsed by test_docs.py and not run here."""
CONFIRMED = {"purge": "--yes", "collections remove": "--yes"}
"""What stands for a person who says yes."""
FROM_NOTHING = {"docs/getting-started.md"}
"""Pages that begin without an index."""

CHEAP = frozenset(
    (
        "backup",
        "check",
        "feedback",
        "gc",
        "get",
        "open",
        "purge",
        "rebuild",
        "repair",
        "similar",
        "status",
        "verify",
    )
)
"""Commands that load no encoder."""
MAY_FIND_NOTHING = frozenset(("search", "similar", "explain", "doctor", "eval", "selftest", "verify"))
"""Commands that may end with 1, for no hit, a warning or a missed gate, without an error."""


@dataclass(frozen=True, slots=True)
class Step:
    """A command, and what a page shows of its output; `...` stands for anything."""

    command: str
    shown: str

    @property
    def words(self) -> list[str]:
        """What stands after variables, up to a comment."""
        return shlex.split(VARIABLES.sub("", self.command), comments=True)

    @property
    def verb(self) -> str:
        return self.words[1] if len(self.words) > 1 else ""

    @property
    def confirmed(self) -> list[str]:
        """What has to be said where nobody can be asked."""
        told = " ".join(self.words[1:])
        return [flag for start, flag in CONFIRMED.items() if told.startswith(start)]

    @property
    def is_cheap(self) -> bool:
        """Whether it needs neither a shell nor an encoder."""
        if not self.command.startswith("dragoman") or re.search(r"[|&;<>]|\$\(", _unquoted(self.command)):
            return False
        by_words = self.verb == "search" and "lexical" in self.words
        by_numbers = self.verb == "map" and "pca" in self.words
        return self.verb in CHEAP or by_words or by_numbers or self.words[1:3] == ["models", "list"]


def _unquoted(command: str) -> str:
    return re.sub(r"'[^']*'|\"[^\"]*\"|#.*", "", command)


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def steps_of(path: Path) -> Iterator[Step]:
    """Each command of ours in the blocks of a page that can be run."""
    for block in BLOCK.finditer(path.read_text(encoding="utf-8")):
        if block["reason"] is None:
            yield from steps_in(block["body"])


def steps_in(body: str) -> Iterator[Step]:
    for part in re.split(r"^\$ ", body.replace("\\\n", ""), flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        step = Step(command, shown.strip("\n"))
        if OURS.match(command) and (step.verb not in NEVER_RUN or "--dry-run" in step.words):
            yield step


def pdf(*lines: str) -> bytes:
    """Write a page that says these lines."""
    said = "".join(f"({line}) Tj 0 -16 Td " for line in lines)
    content = f"BT /F 12 Tf 50 700 Td {said}ET".encode()
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 1/Kids[4 0 R]>>",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 5 0 R/Resources<</Font<</F 3 0 R>>>>>>",
        b"<</Length %d>>\nstream\n%s\nendstream" % (len(content), content),
    ]
    written, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, start=1):
        places.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer\n<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(written)
    return written + b"xref\n0 6\n0000000000 65535 f \n" + table + end


LEASE = pdf(
    "Lease of a flat",
    "The notice period is three months to the end of a quarter.",
    "The tenant may leave early if a new tenant is found. The rent is due on the first.",
)
TREATY = pdf("Treaty on fisheries", "Fishing rights in the bay belong to both parties, in every season.")
BREAD = "# Brot backen\n\n## Der Teig\n\nDer Teig ruht über Nacht.\nDann wird das Brot gebacken.\n"
RECIPE = "# How to make {0}\n\nWash the {0} and boil it.\n\n## How long {0} takes\n\nWait for {1} minutes.\n"
DISHES = ("rice", "lentils", "barley", "oats", "millet", "beans", "peas", "corn")
TERMS = "Die Kündigungsfrist beträgt drei Monate. Die Miete ist am Ersten fällig.\n"


def furnish(home: Path) -> None:
    """Put what the docs speak of into a home."""
    for name in (
        "papers/secret",
        "books",
        "Documents",
        "contracts",
        "notes",
        "sets/scifact/qrels",
        "samples",
        "thesis/sources",
        ".zfunc",
        ".config/fish/completions",
        ".local/share/bash-completion/completions",
        ".local/share/man/man1",
    ):
        (home / name).mkdir(parents=True)
    files = {
        "papers/treaty.pdf": TREATY,
        "papers/menu.pdf": pdf("Soup of the day", "Bread with butter"),
        "papers/lease.pdf": LEASE,
        "papers/secret/diary.txt": b"Dear diary, nobody may read this.\n",
        "books/brot.md": BREAD.encode(),
        "contracts/lease.pdf": LEASE,
        "contracts/bedingungen.txt": TERMS.encode(),
        "lease.pdf": LEASE,
        "notes/bakery.txt": b"The bakery is in the old station.\n",
        "thesis/sources/method.txt": b"It was measured with a ruler, twice.\n",
        "dragoman.toml": b"limit = 10\n",
        "questions.jsonl": b'{"id": "q1", "query": "notice period lang:de"}\nWhere is the bakery?\n',
    }
    for name, content in files.items():
        (home / name).write_bytes(content)
    for minutes, dish in enumerate(DISHES, start=10):
        (home / "books" / f"{dish}.md").write_text(RECIPE.format(dish, minutes), encoding="utf-8")
    judged = home / "sets" / "scifact"
    lines = [{"_id": f"d{number}", "title": "", "text": text} for number, text in enumerate((TERMS, BREAD))]
    (judged / "corpus.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    (judged / "queries.jsonl").write_text('{"_id": "q", "text": "How long is the notice period?"}\n')
    (judged / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq\td0\t1\n")
    shutil.copytree(judged, home / "collection")
    shutil.copytree(
        ROOT / "samples" / "documents" / "night-sky", home / "samples" / "documents" / "night-sky"
    )
    for name in ("ceu-dos-samis.md", "ciel-mongol.docx", "中国传统星空文化.pdf", "日本の星宿.html"):
        shutil.copy(home / "samples" / "documents" / "night-sky" / name, home / "Documents")


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a home with documents, read by the built-in encoder."""
    home = tmp_path_factory.mktemp("docs") / "home"
    furnish(home)
    with pytest.MonkeyPatch.context() as patch:
        live_in(home, patch)
        read = ["papers", "books", "contracts", "notes", "Documents"]
        assert main(["ingest", "--quiet", *(str(home / name) for name in read)]) == 0
        assert (
            main(["search", "--quiet", "--json", "-o", "found.json", "--mode", "lexical", "notice period"])
            == 0
        )
    return home


@pytest.fixture
def home(furnished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Lend it to one test alone, which is in it."""
    # Under its own name, since an index knows its documents by their paths.
    kept = tmp_path / "kept"
    shutil.copytree(furnished, kept)
    live_in(furnished, monkeypatch)
    yield furnished
    shutil.rmtree(furnished)
    shutil.copytree(kept, furnished)


def live_in(home: Path, patch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("DRAGOMAN_", "XDG_"))]:
        patch.delenv(name)
    patch.setenv("HOME", str(home))
    patch.setenv("EDITOR", "true")
    patch.chdir(home)


def judge(step: Step, code: int, output: str) -> None:
    """Fail on an error, or on other output than the page shows."""
    # A question needs no verb.
    asks = step.verb in MAY_FIND_NOTHING or step.verb not in cli.commands
    allowed = {0, 1} if asks else {0}
    assert code in allowed, f"{step.command}\n{output}"
    if step.shown:
        got = "".join(line.rstrip() + "\n" for line in output.splitlines())
        assert ALIKE.check_output(step.shown + "\n", got, doctest.ELLIPSIS), f"{step.command}\n{output}"


@pytest.mark.parametrize("page", [page for page in PAGES if name_of(page) not in FROM_NOTHING], ids=name_of)
def test_cheap_commands_of_a_page_run(page: Path, home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for step in steps_of(page):
        if step.is_cheap:
            words = [
                word.replace("~", str(home), 1) if word.startswith("~") else word for word in step.words[1:]
            ]
            code = main([*words, *step.confirmed])
            told = capfd.readouterr()
            judge(step, code, told.err + told.out)


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_all_commands_of_a_page_run(page: Path, home: Path, tmp_path: Path) -> None:
    program = tmp_path / "bin" / "dragoman"
    program.parent.mkdir()
    call = "import sys; from terminal.cli import main; sys.exit(main())"
    program.write_text(
        f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -c "{call}" "$@"\n', encoding="utf-8"
    )
    program.chmod(0o700)
    if name_of(page) in FROM_NOTHING:
        shutil.rmtree(home / ".local")
    environment = os.environ | {"PATH": f"{program.parent}:{os.environ['PATH']}"}
    for step in steps_of(page):
        command = re.sub(r"( #.*)?$", "".join(f" {flag}" for flag in step.confirmed), step.command)
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=900,
            check=False,
            encoding="utf-8",
            env=environment,
        )
        judge(step, done.returncode, done.stdout)


def test_what_is_not_run_is_known() -> None:
    reasons = {
        name_of(path): [block["reason"] for block in BLOCK.finditer(path.read_text("utf-8"))]
        for path in PAGES
    }
    found = Counter({page: sum(reason is not None for reason in given) for page, given in reasons.items()})
    assert +found == Counter(NOT_RUN)
    assert all(reason for given in reasons.values() for reason in given if reason is not None)


def test_some_commands_are_cheap_and_all_are_found() -> None:
    steps = [step for page in PAGES for step in steps_of(page)]
    assert sum(step.is_cheap for step in steps) > 20
    typed = [
        line
        for page in PAGES
        for line in page.read_text("utf-8").splitlines()
        if line.startswith("$ dragoman") and line.split()[2] not in NEVER_RUN
    ]
    assert len(steps) > len(typed) * 0.8


@pytest.mark.parametrize(
    ("body", "code", "output"),
    [
        ("$ dragoman status\n", 2, ""),
        ("$ dragoman status\n", 1, ""),
        ("$ dragoman search x\n", 3, ""),
        ("$ dragoman status\nindex ... 5 passages\n", 0, "index here, 6 passages\n"),
        ("$ dragoman status\nindex\n", 0, "index\nmore\n"),
    ],
)
def test_a_step_that_goes_wrong_is_noticed(body: str, code: int, output: str) -> None:
    (step,) = steps_in(body)
    with pytest.raises(AssertionError):
        judge(step, code, output)


def test_a_step_that_goes_as_shown_is_let_through() -> None:
    first, second = steps_in(
        "$ dragoman status | head\nindex ... 5 passages\n$ ls\nx\n$ dragoman search x # none\n"
    )
    judge(first, 0, "index here, 5 passages  \n")
    judge(second, 1, "")
    assert not first.is_cheap
    (third,) = steps_in("$ DRAGOMAN_LIMIT=5 dragoman purge ~/x # gone\n")
    assert (third.verb, third.confirmed, third.is_cheap) == ("purge", ["--yes"], False)
    assert (second.verb, second.words) == ("search", ["dragoman", "search", "x"])
