"""The habits of the house that no linter knows; a failing test lists who broke one."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from inspect import Parameter, signature
from pathlib import Path

import pytest

from index_data.errors import DragomanError
from terminal.diagnostics import exit_code

ROOT = Path(__file__).parents[1]
PACKAGES = ("terminal", "search", "ingest", "encoder", "index_data")
DRAWERS = {"base", "common", "core", "helper", "helpers", "manager", "misc", "util", "utils"}
SHAPE = re.compile(r"\([A-Z],[^)]*\)")
DTYPE = re.compile(r"\b(bool|(bfloat|float|u?int)\d*)\b")
ONE_MACHINE = re.compile(
    r"(?<![\w.*~}])/(wor[k]|roo[t]|tm[p]|hom[e]/\w+|op[t]/\w+)/"
    r"|pypi\.or[g]|pythonhosted\.or[g]|download\.pytorch\.or[g]|npmjs\.or[g]|deb\.debian\.or[g]"
)
"""Folders of one machine and hosts of package registries, spelt so that the pattern does not find itself."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def project_files() -> list[Path]:
    """Every file that is, or could be, committed."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return sorted(ROOT / name for name in names.split("\0") if name and (ROOT / name).is_file())


FILES = project_files()
CODE = [path for path in FILES if path.suffix == ".py" and path.relative_to(ROOT).parts[0] != "tests"]
PRODUCT = [path for path in CODE if path.relative_to(ROOT).parts[0] in PACKAGES]


@cache
def nodes(path: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def definitions(paths: list[Path]) -> Iterator[tuple[str, Function | ast.ClassDef]]:
    """Each function and class of `paths`, after the place where it stands."""
    for path in paths:
        for node in nodes(path):
            if isinstance(node, Function | ast.ClassDef):
                yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", node


def public_functions(paths: list[Path]) -> Iterator[tuple[str, Function]]:
    """Each function that others may call: no underscore before its name or its class's, not nested."""
    hidden = {
        node
        for _, owner in definitions(paths)
        for node in ast.walk(owner)
        if owner.name.startswith("_") or (isinstance(owner, Function) and node is not owner)
    }
    for place, node in definitions(paths):
        if isinstance(node, Function) and node not in hidden:
            yield place, node


def lines(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_a_module_is_named_for_what_it_holds() -> None:
    assert [path for path in CODE if DRAWERS & {path.stem, path.parent.name}] == []


def test_a_file_has_at_most_300_lines() -> None:
    assert [path for path in CODE if len(path.read_text(encoding="utf-8").splitlines()) > 300] == []


def test_a_function_has_at_most_50_lines() -> None:
    functions = [(place, node) for place, node in definitions(CODE) if isinstance(node, Function)]
    assert [place for place, function in functions if lines(function) > 50] == []


@pytest.mark.parametrize(
    ("module", "verb"), [("ingest/ingester.py", "ingest"), ("search/searcher.py", "search")]
)
def test_the_two_flows_fit_in_40_lines(module: str, verb: str) -> None:
    flows = [lines(function) for _, function in public_functions([ROOT / module]) if function.name == verb]
    assert len(flows) == 1
    assert flows[0] <= 40


def test_a_package_holds_one_docstring() -> None:
    for path in (path for path in CODE if path.name == "__init__.py"):
        module = ast.parse(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(module), path
        assert len(module.body) == 1, path


def test_what_travels_is_frozen_and_slotted() -> None:
    for place, node in definitions(PRODUCT):
        for decorator in map(ast.unparse, node.decorator_list):
            if decorator.startswith("dataclass"):
                assert "frozen=True" in decorator, place
                assert "slots=True" in decorator, place


def test_protocols_stand_where_a_part_can_be_another() -> None:
    places = [
        place
        for place, node in definitions(PRODUCT)
        if isinstance(node, ast.ClassDef) and {"ABC", "Protocol"} & set(map(ast.unparse, node.bases))
    ]
    assert places
    seams = ("encoder/interface.py", "index_data/rows.py", "index_data/channels.py")
    assert [place for place in places if not place.startswith(seams)] == []


def test_arrays_at_a_public_border_have_a_shape_and_a_dtype() -> None:
    for place, function in public_functions(PRODUCT):
        annotations = ast.unparse(function.args) + (ast.unparse(function.returns) if function.returns else "")
        if re.search(r"\bNDArray|\bTensor", annotations):
            docstring = ast.get_docstring(function) or ""
            assert SHAPE.search(docstring), f"{place} names no shape such as (N, D)"
            assert DTYPE.search(docstring), f"{place} names no dtype such as float32"


def test_the_parts_are_put_together_in_one_file() -> None:
    makers = {
        str(path.relative_to(ROOT))
        for path in PRODUCT
        for node in nodes(path)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"Ingester", "Searcher"}
    }
    assert makers == {"terminal/wiring.py"}


def test_tests_mirror_the_packages() -> None:
    tests = [path.relative_to(ROOT / "tests") for path in FILES if path.is_relative_to(ROOT / "tests")]
    assert [path for path in tests if path.name == "__init__.py"] == []
    # What breaks an index, and what a folder may hold, concerns every package.
    across = {Path(), Path("faults"), Path("bad_inputs"), Path("fuzz")}
    folders = {path.parent for path in tests if path.match("test_*.py")} - across
    assert [folder for folder in folders if not (ROOT / folder / "__init__.py").is_file()] == []
    assert {folder.parts[0] for folder in folders} >= set(PACKAGES)


def test_nothing_speaks_of_one_machine() -> None:
    for path in FILES:
        content = path.read_bytes()
        if b"\0" not in content and not path.is_relative_to(ROOT / "samples"):
            assert not ONE_MACHINE.search(content.decode(errors="replace")), path


def errors(base: type[DragomanError] = DragomanError) -> list[type[DragomanError]]:
    return [base, *(error for child in base.__subclasses__() for error in errors(child))]


@pytest.mark.parametrize("error", errors())
def test_an_error_has_a_remedy(error: type[DragomanError]) -> None:
    remedy = signature(error).parameters["remedy"]
    assert remedy.kind is Parameter.KEYWORD_ONLY
    assert remedy.default is Parameter.empty


def test_every_error_has_an_exit_code() -> None:
    assert {error.__name__: int(exit_code(error("", remedy=""))) for error in errors()} == {
        "DragomanError": 2,
        "UsageError": 2,
        "NotThere": 2,
        "IndexProblem": 3,
        "IndexMissing": 3,
        "IndexForeign": 3,
        "IndexMismatch": 3,
        "IndexLocked": 11,
        "IndexDamaged": 3,
        "MemberFailed": 3,
        "EncoderUnavailable": 4,
        "UnreadableFile": 2,
        "ReaderDied": 2,
        "OutputUnwritable": 2,
    }
