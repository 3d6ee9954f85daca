"""The command line of a screen in a page, as an argument list that no shell ever reads."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

_START = "import sys; from terminal.cli import main; sys.exit(main())"


def screen_command(query: Sequence[str], flags: Mapping[str, object]) -> list[str]:
    """Start `dragoman tui` with the same flags; one that is None was not given."""
    # -P: a module in the user's working folder is not ours.
    return [sys.executable, "-P", "-c", _START, "tui", *option_words(flags), "--", *query]


def option_words(flags: Mapping[str, object]) -> list[str]:
    """Write the flags that were given as they stand on a command line."""
    words: list[str] = []
    for name, value in flags.items():
        option = name.replace("_", "-")
        match value:
            case None:
                continue
            case bool() if name == "offline":
                words.append("--offline" if value else "--online")
            case bool():
                words += [f"--{option}"] * value
            case tuple():
                words += [f"--{option}={one}" for one in value]
            case _:
                words.append(f"--{option}={value}")
    return words
