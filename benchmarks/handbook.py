"""A real folder in many languages: how fast it is read, and whether English finds its translations.

The folder is the Debian Administrator's Handbook. A question is an English paragraph of it; the answer is a
passage of the translated page that contains the first 40 characters of the paragraph's translation, white
space aside; the search sees one language at a time. Each encoder has a process of its own.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.encoders import add_options, load_any, named
from benchmarks.handbook_pages import fetch, page_files, paragraphs
from benchmarks.metered_embedder import MeteredEmbedder
from benchmarks.quality import BM25
from benchmarks.report import Table, publish, say, surroundings
from benchmarks.translations import LanguageResult, find, passages_by_page
from index_data.index import Index
from index_data.records import Fingerprint
from ingest.ingester import Ingester
from ingest.parser import Parser
from ingest.passages import SPLITTER_VERSION
from ingest.pipeline import LocalPipeline
from ingest.progress import Finished, Ingested
from search.query import Mode

LANGUAGES = ("ar-MA", "de-DE", "es-ES", "fr-FR", "it-IT", "ja-JP", "pt-BR", "ru-RU", "tr-TR", "zh-CN")
WORK = Path(__file__).parent / "work"

REMARK = """\
Each cell of the first tables is recall@1 / recall@10 / nDCG@10. Every encoder cuts passages by its own
tokens, so that what words find differs a little; BM25 of the first table is that of the first encoder's
passages. `lost` paragraphs were not asked, since no passage holds their beginning whole. The passages of
`hidden` ones count as another language, as those may that are half English: the filter hides them, and they
are missed. Memory is the peak of the process and that of its parse child together; `encoder alone` embeds a
tenth of the same batches once more with nothing else going on."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What reading the folder took."""

    files: int
    skipped: int
    passages: int
    tokens: int
    seconds: float
    encoder_seconds: float
    """Of these, inside the encoder."""
    encoder_alone_tokens_per_second: float
    peak_memory_mib: float
    index_mib: float

    @property
    def tokens_per_second(self) -> float:
        """Of the whole run."""
        return self.tokens / self.seconds


@dataclass(frozen=True, slots=True)
class Result:
    """What one encoder cost, and what it found."""

    digest: str
    cost: Cost
    languages: dict[str, LanguageResult]


def ingest(index: Index, embedder: MeteredEmbedder, files: Sequence[Path]) -> Cost:
    """Read the files into the index in the product's own way, then measure the encoder alone."""
    windows, passages = index.fingerprint.window_tokens, index.fingerprint.passage_tokens
    started, done = time.perf_counter(), 0
    with Parser() as parser:
        for step in Ingester(index, LocalPipeline(embedder, parser, windows, passages)).ingest(files):
            done += isinstance(step, Ingested)
            if isinstance(step, Ingested) and done % 50 == 0:
                say(f"{done} of {len(files)} files")
    assert isinstance(step, Finished)
    seconds = time.perf_counter() - started
    peaks = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    encoder_seconds = embedder.seconds
    say("the encoder alone")
    return Cost(
        files=step.report.ingested,
        skipped=len(step.report.skipped),
        passages=step.report.passages,
        tokens=step.report.tokens,
        seconds=seconds,
        encoder_seconds=encoder_seconds,
        encoder_alone_tokens_per_second=embedder.tokens_per_second(),
        peak_memory_mib=sum(peaks) / 2**10,
        index_mib=sum(file.stat().st_size for file in index.summary().folder.rglob("*")) / 2**20,
    )


def measure(encoder: str, pages: Path, options: argparse.Namespace) -> Result:
    """Ingest the pages of all languages, then ask in English for each language in turn."""
    embedder = MeteredEmbedder(load_any(encoder), naive=options.naive)
    files = [
        file for language in options.languages for file in page_files(pages, language, every=options.every)
    ]
    fingerprint = Fingerprint(
        embedder.model,
        embedder.fingerprint,
        embedder.dimension,
        options.window_tokens,
        options.passage_tokens,
        SPLITTER_VERSION,
    )
    with TemporaryDirectory() as folder, Index.create_or_open(Path(folder) / "index", fingerprint) as index:
        cost = ingest(index, embedder, files)
        by_page = passages_by_page(index)
        found = {}
        for name in options.languages:
            say(f"asking for {name}")
            language = name.partition("-")[0]
            asked = paragraphs(pages, name, every=options.every)
            found[name] = find(index, embedder, by_page, asked, language, options.paragraphs)
    return Result(embedder.fingerprint, cost, found)


def tables(results: dict[str, Result]) -> list[Table]:
    """Lay out what each encoder found alone, then all channels of each, then the cost."""
    first = next(iter(results.values()))
    alone = [
        (
            language,
            str(found.channels[Mode.LEXICAL]),
            *(str(result.languages[language].channels[Mode.DENSE]) for result in results.values()),
        )
        for language, found in first.languages.items()
    ]
    costs = [spent(result.cost) for result in results.values()]
    rows = [(what, *(cost[what] for cost in costs)) for what in costs[0]]
    return [
        Table("English paragraph to its translation", ("", BM25, *results), tuple(alone)),
        *(channel_table(name, result) for name, result in results.items()),
        Table("Cost", ("", *results), tuple(rows)),
    ]


def channel_table(name: str, result: Result) -> Table:
    """Lay out one row a language."""
    rows = [
        (
            language,
            *(str(found.channels[mode]) for mode in Mode),
            *map(str, (found.asked, found.lost, found.hidden)),
        )
        for language, found in result.languages.items()
    ]
    return Table(f"Channels, {name}", ("", *Mode, "asked", "lost", "hidden"), tuple(rows))


def spent(cost: Cost) -> dict[str, str]:
    """Write what reading took, line by line."""
    alone = cost.encoder_alone_tokens_per_second
    return {
        "files": f"{cost.files:,}",
        "files that could not be read": f"{cost.skipped:,}",
        "passages": f"{cost.passages:,}",
        "tokens": f"{cost.tokens:,}",
        "seconds": f"{cost.seconds:.0f}",
        "of these in the encoder": f"{cost.encoder_seconds:.0f}",
        "files a second": f"{cost.files / cost.seconds:.2f}",
        "passages a second": f"{cost.passages / cost.seconds:.1f}",
        "tokens a second": f"{cost.tokens_per_second:,.0f}",
        "tokens a second, encoder alone": f"{alone:,.0f}",
        "share of the encoder's own speed": f"{cost.tokens_per_second / alone:.2f}",
        "peak memory, MiB": f"{cost.peak_memory_mib:,.0f}",
        "index, MiB": f"{cost.index_mib:.1f}",
    }


def parse() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.handbook", description=__doc__)
    parser.add_argument(
        "--languages", nargs="+", default=LANGUAGES, metavar="LANG", help="folders of the handbook"
    )
    parser.add_argument(
        "--paragraphs", type=int, default=500, metavar="N", help="questions a language at most"
    )
    parser.add_argument("--every", type=int, default=1, metavar="N", help="take only every Nth page")
    parser.add_argument("--window-tokens", type=int, default=264, metavar="N")
    parser.add_argument("--passage-tokens", type=int, default=256, metavar="N")
    parser.add_argument("--naive", action="store_true", help="embed each passage without its window")
    add_options(parser)
    parser.add_argument("--name", default="handbook", help="of the result files")
    return parser.parse_args()


def main() -> None:
    """Measure the encoders that were asked for, with one way of cutting."""
    options = parse()
    cutting = ("languages", "paragraphs", "every", "window_tokens", "passage_tokens", "naive")
    context = surroundings() | {"settings": {name: getattr(options, name) for name in cutting}}
    pages = fetch(WORK)
    results: dict[str, Result] = {}
    for name, encoder in named(options).items():
        say(name)
        with ProcessPoolExecutor(1, get_context("spawn")) as process:
            results[name] = process.submit(measure, encoder, pages, options).result()
    context["encoders"] = {name: result.digest for name, result in results.items()}
    data = {name: asdict(result) for name, result in results.items()}
    publish(options.name, context, data, tables(results), REMARK)


if __name__ == "__main__":
    main()
