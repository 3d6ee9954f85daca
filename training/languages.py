"""Language codes: every source's own spelling to one short code."""

import re

PREFERRED = {
    "ces": "cs", "slk": "sk", "dan": "da", "deu": "de", "ell": "el", "fra": "fr", "spa": "es", "ita": "it",
    "por": "pt", "nld": "nl", "pol": "pl", "ron": "ro", "rus": "ru", "ukr": "uk", "tur": "tr", "ara": "ar",
    "arb": "ar", "fas": "fa", "pes": "fa", "heb": "he", "hin": "hi", "ben": "bn", "tha": "th", "vie": "vi",
    "ind": "id", "kor": "ko", "jpn": "ja", "zho": "zh", "cmn": "zh", "yue": "yue", "swe": "sv", "fin": "fi",
    "hun": "hu", "bul": "bg", "hrv": "hr", "srp": "sr", "hbs": "sr", "bos": "bs", "lit": "lt", "lav": "lv",
    "lvs": "lv", "est": "et", "ekk": "et", "swa": "sw", "swh": "sw", "urd": "ur", "eng": "en", "epo": "eo",
    "nor": "nb", "nob": "nb", "nno": "nn", "cat": "ca", "eus": "eu", "glg": "gl", "slv": "sl", "mkd": "mk",
    "isl": "is", "msa": "ms", "zsm": "ms", "zlm": "ms", "tgl": "tl", "mar": "mr", "nep": "ne", "npi": "ne",
    "sin": "si", "khm": "km", "pus": "ps", "tam": "ta", "tel": "te", "kan": "kn", "mal": "ml", "guj": "gu",
    "pan": "pa", "aze": "az", "kat": "ka", "hye": "hy", "bel": "be", "kaz": "kk", "uzb": "uz", "mon": "mn",
    "afr": "af", "cym": "cy", "gle": "ga", "lat": "la", "yid": "yi", "ltz": "lb", "sqi": "sq", "mya": "my",
    "lao": "lo", "amh": "am", "som": "so", "hau": "ha", "zul": "zu", "kur": "ku", "kmr": "ku", "tat": "tt",
    "uig": "ug", "tuk": "tk", "bre": "br", "fao": "fo", "ina": "ia", "ido": "io", "ile": "ie", "vol": "vo",
    "no": "nb", "in": "id", "iw": "he", "sh": "sr", "fil": "tl", "prs": "fa", "ckb": "ckb",
}  # fmt: skip

CONSTRUCTED = frozenset(
    {
        "eo",
        "ia",
        "io",
        "ie",
        "vo",
        "toki",
        "jbo",
        "tlh",
        "lfn",
        "nov",
        "qya",
        "sjn",
        "ldn",
        "tzl",
        "avk",
        "dws",
        "afh",
    }
)

FOCUS = frozenset({
    "en", "de", "fr", "es", "it", "pt", "nl", "pl", "cs", "ro", "ru", "uk", "el", "tr", "ar", "fa", "he",
    "hi", "bn", "ta", "th", "vi", "id", "ko", "ja", "zh", "sv", "da", "fi", "hu", "bg", "hr", "sr", "sk",
    "lt", "lv", "et", "sw", "ur", "nb", "ca",
})  # fmt: skip
"""Languages that the pieces are made for and that training draws most."""


def short_code(code: str) -> str:
    """Return the short code of a language, without script or region: `zh-TW` and `cmn_Hant` are `zh`."""
    stem = re.split(r"[-_@.]", code)[0]
    return PREFERRED.get(stem, stem)
