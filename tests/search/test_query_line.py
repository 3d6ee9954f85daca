"""Fields and marks hold in every mode, over a real index."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from hashlib import sha256

import pytest

from encoder.interface import TokenEmbedder, Window
from encoder.reranker import MaxSimReranker
from index_data.errors import UsageError
from index_data.index import Index
from index_data.records import Document, FileStamp, Fingerprint, IndexSummary, Passage
from search.hits import Hit
from search.known_values import refuse_unknown
from search.query import Mode, Query
from search.query_line import read_query
from search.searcher import Searcher
from tests.conftest import LetterEmbedder

TEXTS = {
    "reports/2023/lease.md": ("en", "The notice period is three months. Notice is given in writing."),
    "reports/old/lease.md": ("en", "The period of notice was a month, and rent was paid in cash."),
    "miete.txt": ("de", "Die Kündigungsfrist beträgt drei Monate. Die Miete ist am Ersten fällig."),
    "西湖.txt": ("zh", "我们下周要去杭州看西湖。租期是三个月。"),
    "ห้องสมุด.txt": ("th", "ห้องสมุดเปิดทุกวันยกเว้นวันอาทิตย์"),
    "도서관.txt": ("ko", "도서관에서 친구들을 만났습니다. 석 달 전에 알려야 합니다."),
    "مكتبة.txt": ("ar", "الْمَكْتَبَةُ مغلقة يوم الجمعة"),
}
DAY = 86_400


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    embedder = LetterEmbedder()
    root = tmp_path_factory.mktemp("library")
    made_by = Fingerprint("letters", embedder.fingerprint, embedder.dimension, 512, 256, 1)
    with Index.create_or_open(root / "index", made_by) as writer:
        for age, (name, (language, text)) in enumerate(TEXTS.items()):
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            os.utime(path, (1_699_963_200 - age * DAY,) * 2)
            facts = path.stat()
            stamp = FileStamp(facts.st_size, facts.st_mtime_ns, sha256(text.encode()).hexdigest())
            document = Document(path, stamp, path.suffix[1:], f"About {path.stem}", language)
            vectors = embedder.embed_passages([Window(text, ((0, len(text)),))])
            writer.replace(document, [Passage(0, text, 0, len(text), 1, language)], vectors)
        writer.publish()
    with Index.open(root / "index") as reader:
        yield reader


@pytest.fixture
def found(index: Index, letter_embedder: TokenEmbedder) -> Callable[[str], set[str]]:
    """Files whose passages a line finds, the same by meaning, by both, and re-ranked."""
    plain = Searcher(index, letter_embedder)
    reranked = Searcher(index, letter_embedder, MaxSimReranker(letter_embedder))

    def names(line: str) -> set[str]:
        answers = [
            {_name(hit) for hit in searcher.search(read_query(line, Query("", mode=mode)))}
            for searcher, mode in ((plain, Mode.DENSE), (plain, Mode.HYBRID), (reranked, Mode.HYBRID))
        ]
        assert answers[0] == answers[1] == answers[2]
        return answers[0]

    return names


def _name(hit: Hit) -> str:
    return next(name for name in TEXTS if str(hit.document.path).endswith(f"/{name}"))


def _by_words(index: Index, line: str) -> list[str]:
    return [
        _name(hit) for hit in Searcher(index, None).search(read_query(line, Query("", mode=Mode.LEXICAL)))
    ]


NEW, OLD = "reports/2023/lease.md", "reports/old/lease.md"


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("notice", set(TEXTS)),
        ("notice lang:en", {NEW, OLD}),
        ("notice -lang:en,zh,th,ko,ar", {"miete.txt"}),
        ("notice type:md -path:old/**", {NEW}),
        ("notice path:reports/**", {NEW, OLD}),
        ("notice path:reports/*.md", set()),
        ("notice title:lease,도서관", {NEW, OLD, "도서관.txt"}),
        ("notice after:2023-11-14", {NEW}),
        ("notice before:2023-11-10", {"도서관.txt", "مكتبة.txt"}),
        ("notice since:7d", set()),
        ('"notice period"', {NEW}),
        ('"period of notice" cash', {OLD}),
        ('rent "notice period"', {NEW}),
        ("notice -cash lang:en", {NEW}),
        ('notice -"notice period" type:md', {OLD}),
        ("kundig*", {"miete.txt"}),
        ("kündig* -西湖", {"miete.txt"}),
        ('"西湖"', {"西湖.txt"}),
        ('"湖西"', set()),
        ('去"西湖"玩', {"西湖.txt"}),
        ('"เปิดทุกวัน"', {"ห้องสมุด.txt"}),
        ('"ทุกวันเปิด"', set()),
        ('"도서관에서 친구"', {"도서관.txt"}),
        ('"المكتبة مغلقة"', {"مكتبة.txt"}),
        ('"مغلقة المكتبة"', set()),
        ('"three months" "Notice is"', {NEW}),
        ("notice title:lease title:miete -title:lease", {"miete.txt"}),
    ],
)
def test_a_line_by_meaning(found: Callable[[str], set[str]], line: str, names: set[str]) -> None:
    assert found(line) == names


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("notice", [NEW, OLD]),
        ('"notice period"', [NEW]),
        ("notice -period", []),
        ("notice -cash", [NEW]),
        ("noti*", [NEW, OLD]),
        ("Kündi*", ["miete.txt"]),
        ('"西湖" 杭州', ["西湖.txt"]),
        ("도서관 -친구", []),
        ("notice OR cash AND NOT period", [NEW, OLD]),
    ],
)
def test_a_line_by_words(index: Index, line: str, names: list[str]) -> None:
    assert sorted(_by_words(index, line)) == sorted(names)


def test_a_line_of_ten_thousand_characters(index: Index, found: Callable[[str], set[str]]) -> None:
    assert _by_words(index, "notice " + 'x "y z" ' * 1_250) == []
    assert found("notice lang:en " + "-x " * 3_000) == {NEW, OLD}


@pytest.mark.parametrize(
    ("line", "message", "remedy"),
    [
        (
            "x lang:dee",
            "the index has nothing of the language dee",
            "Did you mean de? lang can be en, ar, de",
        ),
        ("x -lang:xx", "the index has nothing of the language xx", "lang can be en, "),
        ("x type:mdx", "the index has nothing of the type mdx", "Did you mean md? type can be txt, md."),
    ],
)
def test_a_value_that_the_index_does_not_have(index: Index, line: str, message: str, remedy: str) -> None:
    with pytest.raises(UsageError) as told:
        refuse_unknown(read_query(line, Query("")).filters, index.summary)
    assert told.value.message == message
    assert told.value.remedy.startswith(remedy)


def test_the_index_is_counted_only_where_a_value_is_named() -> None:
    def count() -> IndexSummary:
        raise AssertionError("nothing had to be counted")

    refuse_unknown(read_query('x "y" path:z title:w', Query("")).filters, count)
