"""The HTTP API under load: what wrk gets from a real server, when fewer ask than fit and when more do."""

from __future__ import annotations

import argparse
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx2

from benchmarks.report import ROOT, Table, publish, say, surroundings

DRAGOMAN = (sys.executable, "-c", "import sys; from terminal.cli import main; sys.exit(main())")
SAMPLES = ROOT / "samples"
CONNECTIONS = (8, 64)
"""Fewer than find a place, and more: 1 or 4 are at work and 32 in line."""
THREADS = 2

SCRIPT = """\
local counts = {}
local threads = {}
local requests = {}
for line in io.lines("REQUESTS") do requests[#requests + 1] = line end
local headers = {["Authorization"] = "Bearer TOKEN", ["Content-Type"] = "application/json"}
local turn = 0
function setup(thread) threads[#threads + 1] = thread end
function init() ok = 0; busy = 0; slow = 0; other = 0; failed = 0 end
function request()
  turn = turn % #requests + 1
  local method, path, body = requests[turn]:match("^(%S+) (%S+) ?(.*)$")
  return wrk.format(method, path, headers, body)
end
function response(status)
  if status < 400 then ok = ok + 1
  elseif status == 429 then busy = busy + 1
  elseif status == 503 then slow = slow + 1
  elseif status >= 500 then failed = failed + 1
  else other = other + 1 end
end
function done(summary, latency)
  local total = {ok = 0, busy = 0, slow = 0, other = 0, failed = 0}
  for _, thread in ipairs(threads) do
    for name in pairs(total) do total[name] = total[name] + thread:get(name) end
  end
  local errors = summary.errors
  print(string.format(
    'RESULT {"seconds": %f, "ok": %d, "busy": %d, "slow": %d, "other": %d, "failed": %d, ' ..
    '"broken": %d, "p50_ms": %f, "p99_ms": %f}',
    summary.duration / 1e6, total.ok, total.busy, total.slow, total.other, total.failed,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
"""

REMARK = """\
wrk keeps so many connections busy, each with the next request as soon as it has an answer, refused
or not: it does not heed Retry-After. It has the same cores as the server. `answered` are those
below 400; `429` were sent away because all places were taken; `503` were given up after the time
limit; `5xx` are other ones, of which there must be none; `broken` are connections that failed and
requests that wrk waited for in vain. What is under way when the time is over counts nowhere.
Percentiles are of all requests of a row, refusals included. The questions are those of
`samples/questions.jsonl`; the texts to embed are the same."""


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk saw."""

    seconds: float
    ok: int
    busy: int
    slow: int
    other: int
    failed: int
    broken: int
    p50_ms: float
    p99_ms: float

    @property
    def requests(self) -> int:
        """All that were answered in some way."""
        return self.ok + self.busy + self.slow + self.other + self.failed


def kinds(questions: Sequence[str], passages: int) -> dict[str, list[str]]:
    """Write the requests of each kind, a line each: method, path, body."""

    def posts(path: str, bodies: Sequence[dict[str, Any]]) -> list[str]:
        return [f"POST {path} {json.dumps(body)}" for body in bodies]

    found = {
        "health": ["GET /health"],
        "get": [f"GET /v1/passages/{number}?before=1&after=1" for number in range(1, passages, 7)],
        "search, words": posts("/v1/search", [{"query": one, "mode": "lexical"} for one in questions]),
        "search, not re-ranked": posts("/v1/search", [{"query": one, "rerank": False} for one in questions]),
        "search": posts("/v1/search", [{"query": one} for one in questions]),
        "embeddings": posts("/v1/embeddings", [{"model": "builtin", "input": one} for one in questions]),
    }
    turns = max(map(len, found.values()))
    mixed = [lines[turn % len(lines)] for turn in range(turns) for lines in found.values()]
    return found | {"all of these in turn": mixed}


@contextmanager
def served(index: Path) -> Iterator[tuple[str, str]]:
    """Serve an index as a user would; hand out address and token."""
    command = [*DRAGOMAN, "serve", "--http", "0", "--index", str(index)]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        told = process.stderr.readline() + process.stderr.readline()
        address, token = re.search(r"(http://\S+?);", told), re.search(r"token: (\S+)", told)
        assert address, told
        assert token, told
        try:
            yield address[1], token[1]
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def load(url: str, token: str, lines: Sequence[str], connections: int, seconds: int, folder: Path) -> Load:
    """Have wrk ask `lines` in turn."""
    requests, script = folder / "requests.txt", folder / "load.lua"
    requests.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    script.write_text(SCRIPT.replace("REQUESTS", str(requests)).replace("TOKEN", token), encoding="utf-8")
    command = ["wrk", f"-t{THREADS}", f"-c{connections}", f"-d{seconds}s", "--timeout", "70s"]
    done = subprocess.run([*command, "-s", str(script), url], check=True, capture_output=True, text=True)
    [result] = re.findall(r"^RESULT (.*)$", done.stdout, re.MULTILINE)
    return Load(**json.loads(result))


def main() -> None:
    """Ask a server over the sample documents, each kind alone and all in turn."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.http_load", description=__doc__)
    parser.add_argument(
        "--seconds", type=int, default=60, help="for all kinds in turn; a sixth for each alone"
    )
    parser.add_argument("--index", type=Path, help="one that is there; else the samples are ingested")
    options = parser.parse_args()
    context = surroundings() | {"seconds": options.seconds, "threads_of_wrk": THREADS}
    with TemporaryDirectory() as folder:
        index = options.index or Path(folder) / "index"
        if options.index is None:
            say("ingesting the samples")
            command = [*DRAGOMAN, "ingest", "--index", str(index), "--quiet", str(SAMPLES / "documents")]
            subprocess.run(command, cwd=ROOT, check=True)
        with served(index) as (url, token):
            loads = _loads(url, token, options.seconds, Path(folder))
    publish(
        "http_load", context, {name: asdict(each) for name, each in loads.items()}, [table(loads)], REMARK
    )


def _loads(url: str, token: str, seconds: int, folder: Path) -> dict[str, Load]:
    questions = [json.loads(line)["query"] for line in (SAMPLES / "questions.jsonl").open(encoding="utf-8")]
    with httpx2.Client(headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=120) as client:
        passages: int = client.get(f"{url}/v1/status").json()["passages"]
        # Loads the encoder, which is no part of what is measured.
        client.get(f"{url}/v1/search", params={"q": questions[0]}).raise_for_status()
    loads: dict[str, Load] = {}
    for connections in CONNECTIONS:
        for kind, lines in kinds(questions, passages).items():
            name = f"{kind}, {connections} connections"
            say(name)
            long = seconds if kind.startswith("all") else max(seconds // 6, 1)
            loads[name] = load(url, token, lines, connections, long, folder)
    return loads


def table(loads: dict[str, Load]) -> Table:
    """Lay out what wrk saw."""
    rows = [
        (
            name,
            f"{one.seconds:.0f}",
            f"{one.ok:,}",
            f"{one.ok / one.seconds:,.1f}",
            f"{one.busy / max(one.requests, 1):.1%}",
            f"{one.slow:,}",
            f"{one.failed:,}",
            f"{one.other + one.broken:,}",
            f"{one.p50_ms:,.1f}",
            f"{one.p99_ms:,.1f}",
        )
        for name, one in loads.items()
    ]
    columns = ("", "s", "answered", "a second", "429", "503", "5xx", "4xx, broken", "p50 ms", "p99 ms")
    return Table("What wrk gets", columns, tuple(rows))


if __name__ == "__main__":
    main()
