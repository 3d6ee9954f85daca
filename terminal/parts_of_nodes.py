"""What is put together on the nodes of a cluster, by the settings of whoever ingests."""

from __future__ import annotations

from index_data.errors import UsageError
from index_data.records import Fingerprint
from ingest.cutter import Cutter
from ingest.parser import Parser
from terminal.settings import Settings


def refuse_to_send(settings: Settings, made_by: Fingerprint | None) -> None:
    """Let nothing leave this machine that is not to.

    Raises:
        UsageError: other machines are asked for and forbidden, or a server embeds.
    """
    from encoder.served.server_address import is_served

    if settings.offline and settings.engine.startswith("ray://"):
        raise UsageError(
            f"{settings.engine} is on other machines", remedy="Leave out --offline, or use --engine ray."
        )
    model = settings.model or (made_by.model if made_by else None)
    if model and is_served(model):
        raise UsageError(
            f"{model} is behind a server, which is as fast from one machine", remedy="Use --engine local."
        )


def make_parser(settings: Settings) -> Parser:
    """Open a parser as a local ingest does.

    Raises:
        UsageError: text is to be recognised, and that is not possible on this node.
    """
    from ingest.recognition import Ocr, find_recognition

    return Parser(recognition=find_recognition(Ocr(settings.ocr), settings.ocr_languages))


def make_cutter(settings: Settings, wanted: Fingerprint, readers: str) -> Cutter:
    """Cut by the tokens of the encoder, of which nothing else is loaded.

    Raises:
        EncoderUnavailable: the encoder is not on this node.
    """
    from encoder.checkpoint import resolve
    from encoder.token_sequences import TokenSequencer

    tokenizer = TokenSequencer(resolve(wanted.model, settings.models).folder / "tokenizer.json")
    return Cutter(
        tokenizer.spans, readers, wanted.window_tokens, wanted.passage_tokens, wanted.overlap_tokens
    )
