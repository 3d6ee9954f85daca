"""Fuzz readers, each in a process of its own: `scripts/fuzz pdf html --seconds 600`.

Atheris, which learns from the way that each input takes through the code, is used where it is installed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.fuzz.targets import TARGETS

GRACE_SECONDS = 120
"""For starting, and for the last input."""


def main(arguments: list[str] | None = None) -> int:
    """Fuzz the readers that are named, or all; the answer is how many of them failed."""
    options = _options(arguments)
    options.found.mkdir(parents=True, exist_ok=True)
    return sum(not _fuzzed(name, options) for name in options.targets or TARGETS)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Fuzz the readers.")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}; else all")
    parser.add_argument("--seconds", type=float, default=60, help="for each of them (60)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", choices=("atheris", "own"), help="Atheris where it is installed")
    parser.add_argument(
        "--found", type=Path, default=Path("build/fuzz"), help="where failing inputs are kept"
    )
    options = parser.parse_args(arguments)
    if unknown := set(options.targets) - set(TARGETS):
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    options.engine = options.engine or ("atheris" if find_spec("atheris") else "own")
    return options


def _fuzzed(name: str, options: argparse.Namespace) -> bool:
    """Run one target, and tell what came of it."""
    with TemporaryDirectory() as corpus:
        command = [sys.executable, "-m", f"tests.fuzz.by_{options.engine}", name, str(options.seconds)]
        command += [str(options.seed), str(options.found / name), corpus]
        try:
            ran = subprocess.run(
                command, capture_output=True, check=False, timeout=options.seconds + GRACE_SECONDS
            )
        except subprocess.TimeoutExpired as error:
            said, failed = error.stderr or b"", True
        else:
            said, failed = ran.stderr, ran.returncode != 0
    lines = said.decode("utf-8", "replace").strip().splitlines()
    sys.stdout.write(f"{name}: {'FAILED' if failed else 'sound'}, {lines[-1] if lines else 'no word'}\n")
    if failed:
        sys.stdout.writelines(f"  {line}\n" for line in lines[-30:])
    sys.stdout.flush()
    return not failed


if __name__ == "__main__":
    sys.exit(main())
