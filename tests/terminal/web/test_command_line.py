from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner

from terminal.cli import cli, main
from terminal.web.command_line import option_words, screen_command

HOSTILE = ["$(touch owned)", "'; touch owned #", "--index=/", "a\nb", "面包 الخبز"]


def test_the_flags_and_the_question_arrive_word_by_word(tmp_path: Path) -> None:
    command = screen_command(HOSTILE, {"index": "/a b/$x", "quiet": True, "offline": False, "model": None})
    said = subprocess.run(
        [*command[:3], "import sys; print(sys.argv[1:])", *command[4:]],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    words = ["tui", "--index=/a b/$x", "--quiet", "--online", "--", *HOSTILE]
    assert said.stdout == f"{words}\n"
    assert list(tmp_path.iterdir()) == []


def test_every_flag_of_the_screen_can_be_written() -> None:
    given = dict.fromkeys(("index", "catalogue", "models", "model", "device", "dtype"), "x") | {
        "offline": True,
        "quiet": True,
    }
    taken = {parameter.name for parameter in cli.commands["tui"].params} - {"query", "web"}
    assert taken <= set(given) | {"collection", "all_collections"}
    result = CliRunner().invoke(cli.commands["tui"], [*option_words(given), "--help"])
    assert result.exit_code == 0


def test_a_module_in_the_working_folder_is_not_run(tmp_path: Path) -> None:
    (tmp_path / "terminal.py").write_text("raise SystemExit('owned')")
    command = screen_command([], {})
    ran = subprocess.run(
        [*command[:-1], "--help"], cwd=tmp_path, capture_output=True, text=True, check=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])},
    )  # fmt: skip
    assert "Search as you type" in ran.stdout


def test_the_link_lets_in_and_sigterm_ends_it(tmp_path: Path) -> None:
    start = "import sys; from terminal.cli import main; sys.exit(main())"
    server = subprocess.Popen(
        [sys.executable, "-c", start, "tui", "--index", str(tmp_path), "--web"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert server.stderr is not None
        link = re.search(r"http://127\.0\.0\.1:\d+/\?token=\S+", server.stderr.readline())
        assert link
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        assert b"textual.js" in opener.open(link[0]).read()
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(link[0].partition("?")[0])
    finally:
        server.send_signal(signal.SIGTERM)
        out, _ = server.communicate(timeout=30)
    assert out == ""
    assert server.returncode == 0


def test_a_port_that_is_taken_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    from terminal.web.server import listen

    with listen(0) as taken:
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["tui", "--web", str(port)]) == 2
    assert f"cannot listen on port {port}" in capsys.readouterr().err
