"""Jupyter notebooks."""

from __future__ import annotations

import json

import pytest

from index_data.errors import UnreadableFile
from ingest.readers.ipynb import read_ipynb


def _cell(kind: str, *source: str, outputs: object = None) -> dict[str, object]:
    return {"cell_type": kind, "source": list(source), "outputs": outputs}


def test_cells_come_in_order_with_the_text_of_their_outputs() -> None:
    outputs = [
        {"output_type": "stream", "text": ["1\n", "2\n"]},
        {"output_type": "execute_result", "data": {"text/html": "<b>3</b>", "text/plain": ["3"]}},
        {"output_type": "error", "ename": "KeyError", "evalue": "\x1b[0;31m'x'\x1b[0m"},
        {"output_type": "display_data", "data": {"image/png": "iVBORw0KGgo="}},
    ]
    cells = [
        _cell("markdown", "# Заголовок\n", "\n", "Text"),
        _cell("code", "if x:\n", "    print(x)", outputs=outputs),
        _cell("markdown", "## 下一步"),
    ]
    parsed = read_ipynb(json.dumps({"cells": cells}).encode())
    assert parsed.text == (
        "# Заголовок\n\nText\n\nif x:\n    print(x)\n\n1\n2\n\n3\n\nKeyError: 'x'\n\n## 下一步"
    )
    assert [(item.level, item.title) for item in parsed.headings] == [(1, "Заголовок"), (2, "下一步")]
    assert [parsed.text[item.start : item.end] for item in parsed.headings] == ["# Заголовок", "## 下一步"]
    assert parsed.notes == ("outputs without text that were not read: 1",)


def test_notebooks_of_the_third_version_are_read() -> None:
    cells = [{"cell_type": "code", "input": ["x = 1"], "outputs": []}]
    assert read_ipynb(json.dumps({"worksheets": [{"cells": cells}]}).encode()).text == "x = 1"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'{"cells": [', "a broken notebook: it is not valid JSON"),
        (b"[" * 100_000, "a broken notebook: it is not valid JSON"),
        (b"[]", "not a notebook"),
        (b'{"cells": {"a": 1}}', "no text in it"),
        (b'{"cells": [1, {"source": [2]}, {"outputs": [{"data": 3}]}]}', "no text in it"),
    ],
)
def test_other_json_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableFile) as refused:
        read_ipynb(data)
    assert refused.value.message == reason
