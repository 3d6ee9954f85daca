"""Documents on their way through the encoder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from encoder.interface import Window
from index_data.records import Document, FileStamp, SparseVector
from ingest.batches import Batch, Draft, EmbeddedDraft, embed, in_batches
from ingest.passages import cut
from ingest.progress import Embedded
from ingest.readers.parsed_document import ParsedDocument


def _draft(name: str, text: str, embedder: Any) -> Draft:
    document = Document(Path(f"/{name}"), FileStamp(1, 1, ""), "txt", name, "en")
    parsed = ParsedDocument(text, "txt")
    windows = cut(parsed, embedder.token_spans(text), window_tokens=512, passage_tokens=256)
    return Draft(document, tuple(windows))


def test_short_documents_share_a_batch_and_keep_their_own_vectors(letter_embedder: Any) -> None:
    drafts = [_draft(name, f"A text about {name}.", letter_embedder) for name in ("tea", "rain", "stone")]
    first, *rest = embed(in_batches(drafts, 8_192), letter_embedder)
    assert first == Embedded(passages=3, tokens=sum(draft.tokens for draft in drafts))
    for draft, step in zip(drafts, rest, strict=True):
        assert isinstance(step, EmbeddedDraft)
        assert step.draft is draft
        assert step.sparse is None
        text = draft.passages[0].text
        np.testing.assert_array_equal(
            step.vectors, letter_embedder.embed_passages([Window(text, ((0, len(text)),))])
        )


def test_a_long_document_goes_in_parts(letter_embedder: Any) -> None:
    long = _draft("long", "Seven words make up this short sentence. " * 400, letter_embedder)
    drafts = [long, _draft("short", "Brief.", letter_embedder)]
    steps = list(embed(in_batches(drafts, 1_024), letter_embedder))
    parts = [step for step in steps if isinstance(step, Embedded)]
    assert len(parts) == 3
    assert all(part.tokens <= 1_024 for part in parts)
    assert sum(part.passages for part in parts) == len(long.passages) + 1
    done = [step for step in steps if isinstance(step, EmbeddedDraft)]
    assert [step.draft.document.title for step in done] == ["long", "short"]
    assert [len(step.vectors) for step in done] == [len(long.passages), 1]


def test_other_steps_pass_by(letter_embedder: Any) -> None:
    draft = _draft("a", "Text.", letter_embedder)
    steps = list(in_batches(["note", draft, "end"], 8_192))
    assert steps == ["note", "end", Batch(draft.windows, (draft,))]
    embedded = list(embed(steps, letter_embedder))
    assert embedded[:2] == ["note", "end"]
    assert [type(step) for step in embedded[2:]] == [Embedded, EmbeddedDraft]


def test_sparse_vectors_go_with_their_documents(weighing_embedder: Any) -> None:
    texts = {"long": "Seven words make up this short sentence. " * 200, "short": "Brief."}
    drafts = [_draft(name, text, weighing_embedder) for name, text in texts.items()]
    steps = [
        step for step in embed(in_batches(drafts, 512), weighing_embedder) if isinstance(step, EmbeddedDraft)
    ]
    for draft, step in zip(drafts, steps, strict=True):
        windows = [window.window for window in draft.windows]
        vectors, sparse = weighing_embedder.embed_passages_with_sparse(windows)
        np.testing.assert_array_equal(step.vectors, vectors)
        assert step.sparse is not None
        assert [weights(item) for item in step.sparse] == [weights(item) for item in sparse]


def weights(vector: SparseVector) -> dict[int, float]:
    return dict(zip(vector.pieces.tolist(), vector.weights.tolist(), strict=True))
