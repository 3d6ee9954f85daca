"""No text that came from outside goes to a widget as markup."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TUI = Path(__file__).parents[2] / "terminal" / "tui"
TAKE_MARKUP = {
    "Static",
    "Notice",
    "Label",
    "Button",
    "Checkbox",
    "OptionList",
    "Collapsible",
    "notify",
}
"""What reads a `str` as markup unless told `markup=False`."""
ALWAYS_TAKE_MARKUP = {"Option", "Selection", "TabPane", "Tree", "add_column", "add_row", "from_markup"}
"""What leaves no choice, so it has to be given Content."""
TITLES = {"border_title", "border_subtitle", "tooltip", "title", "sub_title"}


def offences(source: str) -> Iterator[str]:
    """Say where `source` may hand a text that is not its own to a widget that reads markup."""
    tree = ast.parse(source)
    # rtl_row takes Content, which mypy sees to, and gives what shows it.
    makers_of_content = {"Content", "assemble", "rtl_row"} | {
        function.name
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        and function.returns
        and ast.unparse(function.returns) == "Content"
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = called(node)
            # A widget made without a text gets one later.
            own = bool(node.args) and all(isinstance(argument, ast.Constant) for argument in node.args)
            if name in TAKE_MARKUP and not own and not plain(node):
                yield ast.unparse(node)
            content = (
                bool(node.args)
                and isinstance(node.args[0], ast.Call)
                and called(node.args[0]) in makers_of_content
            )
            if name in ALWAYS_TAKE_MARKUP and not content:
                yield ast.unparse(node)
            if inherits_markup(node) and not plain(node):
                yield ast.unparse(node)
        if isinstance(node, ast.Assign) and not isinstance(node.value, ast.Constant):
            targets = [target for target in node.targets if isinstance(target, ast.Attribute)]
            yield from (ast.unparse(node) for target in targets if target.attr in TITLES)
        if isinstance(node, ast.ClassDef) and {"Static", "Label"} & set(map(ast.unparse, node.bases)):
            # Whoever makes one has to say `markup=False`, so its name has to be known here.
            yield from [node.name] if node.name not in TAKE_MARKUP else []


def called(node: ast.Call) -> str:
    function = node.func.value if isinstance(node.func, ast.Subscript) else node.func
    return function.attr if isinstance(function, ast.Attribute) else ast.unparse(function)


def plain(node: ast.Call) -> bool:
    return any(keyword.arg == "markup" and ast.unparse(keyword.value) == "False" for keyword in node.keywords)


def inherits_markup(node: ast.Call) -> bool:
    """Tell whether it is `super().__init__` with a `markup` to set."""
    return ast.unparse(node.func) == "super().__init__" and any(key.arg == "markup" for key in node.keywords)


@pytest.mark.parametrize("module", sorted(TUI.glob("*.py")), ids=lambda path: path.stem)
def test_no_widget_reads_foreign_markup(module: Path) -> None:
    assert list(offences(module.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "careless",
    [
        "Static(hit.title)",
        "Static(id='place')",
        "Static(f'[b]{title}[/b]')",
        "Button(title, markup=True)",
        "Option(hit.title)",
        "Option(f'{rank} {title}')",
        "Selection(code, code)",
        "SelectionList[str](Selection(code, code))",
        "self.notify(str(error))",
        "Content.from_markup(title)",
        "self.border_title = hit.title",
        "class Row(Static): pass",
    ],
)
def test_the_lint_sees_carelessness(careless: str) -> None:
    assert list(offences(careless))


@pytest.mark.parametrize(
    "careful",
    [
        "Static(Content(title), markup=False)",
        "Static('Languages')",
        "Option(Content(title))",
        "self.notify(x, markup=False)",
    ],
)
def test_the_lint_lets_care_pass(careful: str) -> None:
    assert not list(offences(careful))


def test_a_list_of_hits_is_not_read_as_markup() -> None:
    source = (TUI / "hit_list.py").read_text(encoding="utf-8")
    assert "markup=False" in source
    assert list(offences(source.replace("markup=False", "markup=True")))
