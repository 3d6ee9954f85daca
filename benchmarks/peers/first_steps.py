"""How much a newcomer writes before the first answer: commands of a program, or lines of a script."""

from __future__ import annotations

import ast
from pathlib import Path

from benchmarks.peers.environments import Peer

_NEEDED = ("loaded", "build", "opened")
"""Functions of a peer's module that stand for the script."""


def first_steps(peer: Peer) -> str:
    """Count what is typed after the install."""
    if peer.commands:
        return f"{len(peer.commands)} commands"
    return f"{_lines(Path(__file__).with_name(f'{peer.module}.py'))} lines"


def _lines(module: Path) -> int:
    """Count the lines of statements in what stands for the script, and in what that calls."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    needed, wanted = set[str](), list(_NEEDED)
    while wanted:
        name = wanted.pop()
        if name in functions and name not in needed:
            needed.add(name)
            wanted += [node.id for node in ast.walk(functions[name]) if isinstance(node, ast.Name)]
    lines = {
        line
        for name in needed
        for statement in functions[name].body[ast.get_docstring(functions[name]) is not None :]
        for line in range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)
    }
    return len(lines)
