from __future__ import annotations

import shutil
import subprocess

import click
import pytest

from terminal.cli import cli, main
from terminal.manual import manual


def test_the_page_names_every_command_and_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["man"]) == 0
    page = capsys.readouterr().out
    assert page.index('.SS "Find"') < page.index('.SS "Set up"') < page.index('.SH "dragoman backup"')
    for name, command in cli.commands.items():
        assert f'.SH "dragoman {name}"' in page
        for option in command.params:
            if isinstance(option, click.Option):
                assert max(option.opts, key=len).replace("-", r"\-") in page, option.name
        inner = command.commands if isinstance(command, click.Group) else {}
        for one in inner:
            assert f'.SS "dragoman {name} {one}"' in page


@pytest.mark.parametrize(
    "lint",
    [["mandoc", "-T", "lint", "-W", "style"], ["groff", "-man", "-ww", "-z", "-K", "utf8"]],
    ids=lambda lint: lint[0],
)
def test_the_page_is_right(lint: list[str]) -> None:
    if shutil.which(lint[0]) is None:
        pytest.skip(f"{lint[0]} is not installed")
    found = subprocess.run(lint, input=manual(cli), capture_output=True, text=True, check=False)
    assert found.stdout + found.stderr == ""
    wrong = manual(cli).replace(".SH NAME", ".TH NAME\n.XX", 1)
    found = subprocess.run(lint, input=wrong, capture_output=True, text=True, check=False)
    assert found.stdout + found.stderr != ""


def test_no_text_is_taken_for_an_order() -> None:
    @click.group()
    def whole() -> None:
        r"""Do it.

        .SH is no heading, 'tis text.

        A \fBbackslash, é and 面.
        """

    page = manual(whole)
    assert r"\&.SH is no heading, \(aqtis text." in page
    assert r"A \efBbackslash, \[u00E9] and \[u9762]." in page
    assert page.isascii()
