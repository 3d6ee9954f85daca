"""What the Hugging Face hub publishes, and its files, each checked against what the hub lists.

Its own library speaks with it. Of that only the transfer of single files is used: that of whole snapshots
throws away what had arrived of a file when the process ends.
"""

from __future__ import annotations

import hashlib
import io
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from encoder.models.model_folder import needed_files
from encoder.models.registry import KnownModel
from index_data.errors import EncoderUnavailable

_AGAIN = "Run the same command again: what has arrived is kept."
_SHA256_DIGITS = 64


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """One file of a repository."""

    path: str
    size: int
    """Bytes."""
    digest: str
    """SHA-256 where the hub keeps large files, else git's name of the content (SHA-1)."""

    def is_whole(self, copy: Path) -> bool:
        """Tell whether `copy` holds the same bytes."""
        if not copy.is_file() or copy.stat().st_size != self.size:
            return False
        # Git names a content by the SHA-1 of its size and its bytes.
        large = len(self.digest) == _SHA256_DIGITS
        known = hashlib.sha256() if large else hashlib.sha1(b"blob %d\0" % self.size)
        with copy.open("rb") as file:
            while block := file.read(1 << 20):
                known.update(block)
        return known.hexdigest() == self.digest


def listing(model: KnownModel, revision: str) -> tuple[str, list[PublishedFile]]:
    """Ask which commit `revision` is, and which of its files `model` needs.

    Raises:
        EncoderUnavailable: the hub cannot be reached or refuses, or a file is lacking.
    """
    from huggingface_hub import HfApi

    with _explained(model, revision):
        api = HfApi(endpoint=_endpoint(), token=_token() or False)
        said = api.model_info(model.repository, revision=revision, files_metadata=True, timeout=30)
        listed = {file.rfilename: file for file in said.siblings or ()}
        digests = {path: file.lfs.sha256 if file.lfs else file.blob_id for path, file in listed.items()}
        published = [
            PublishedFile(path, listed[path].size or 0, digests[path] or "")
            for path in needed_files(list(listed), model)
        ]
        return said.sha or "", published


def download(
    model: KnownModel, commit: str, file: PublishedFile, arriving: Path, told: Callable[[int], None]
) -> None:
    """Append to `arriving` what it lacks of `file`, and tell how many bytes it has.

    Raises:
        EncoderUnavailable: the hub cannot be reached or refuses, or what arrived is not what it lists.
    """
    from huggingface_hub import hf_hub_url
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils.tqdm import disable_progress_bars

    disable_progress_bars()
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    if arriving.exists() and arriving.stat().st_size > file.size:
        arriving.unlink()
    url = hf_hub_url(model.repository, file.path, revision=commit, endpoint=_endpoint())
    headers = {"Accept-Encoding": "identity"}  # a compressed answer could not be resumed
    headers |= {"Authorization": f"Bearer {_token()}"} if _token() else {}
    with _explained(model, commit), _ToldFile(arriving, told) as target:
        http_get(url, target, resume_size=target.tell(), headers=headers, expected_size=file.size)
    if not file.is_whole(arriving):
        arriving.unlink()
        raise EncoderUnavailable(
            f"{file.path} of {model.name} arrived damaged: it is not what the hub lists",
            remedy="Run the same command again; if it stays so, something on the way changes it.",
        )


class _ToldFile(io.FileIO):
    """A file to append to, that tells how large it has become.

    It has no buffer, which an interruption could write twice.
    """

    def __init__(self, path: Path, told: Callable[[int], None]) -> None:
        super().__init__(path, "ab")
        self._told = told

    def write(self, data: Any, /) -> int:
        left = memoryview(data)
        while left:
            left = left[super().write(left) :]
        self._told(self.tell())
        return len(data)


def _endpoint() -> str | None:
    return os.environ.get("HF_ENDPOINT")


def _token() -> str | None:
    """Take the secret from the environment alone, never from a file that another program left."""
    return os.environ.get("HF_TOKEN")


@contextmanager
def _explained(model: KnownModel, revision: str) -> Iterator[None]:
    """Turn what the hub's library raises into one line and a remedy.

    Raises:
        EncoderUnavailable: the hub cannot be reached, refuses, or makes no sense.
        OSError: the disk fails.
    """
    import httpx2

    try:
        yield
    except (httpx2.HTTPError, ConnectionError, ValueError, TypeError, KeyError) as error:
        message, remedy = _explanation(error, model.repository, revision)
        raise EncoderUnavailable(message, remedy=remedy) from error
    except OSError as error:
        if error.errno is not None:
            raise
        # The library's way of saying that the number of bytes is wrong.
        raise EncoderUnavailable(f"{model.name} came only in part", remedy=_AGAIN) from error


def _explanation(error: Exception, repository: str, revision: str) -> tuple[str, str]:
    """Find the message and the remedy for an error of the hub's library."""
    import httpx2
    from huggingface_hub import errors

    match error:
        case errors.GatedRepoError():
            return (
                f"{repository} is given only to those who accepted its terms",
                "Accept them on its page, and give a token of that account in the variable HF_TOKEN.",
            )
        case errors.RepositoryNotFoundError():
            return (
                f"the hub shows no {repository}",
                "It was removed, or only an account with a token in the variable HF_TOKEN may see it.",
            )
        case errors.RevisionNotFoundError():
            return f"{repository} has no revision {revision}", "Leave out --revision, or name another."
        case errors.HfHubHTTPError():
            return f"the hub answered {error.response.status_code} for {repository}", _AGAIN
        case errors.OfflineModeIsEnabled():
            return "HF_HUB_OFFLINE forbids the network", "Unset it, or import a copy with --from FOLDER."
        case httpx2.HTTPError():
            return f"the hub cannot be reached: {error}", _AGAIN
        case _:
            return (
                f"what answers for the hub makes no sense: {error}",
                "Look whether a proxy or a login page of the network stands in between.",
            )
