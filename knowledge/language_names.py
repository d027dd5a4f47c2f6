"""Finding a language by what people call it: a pure core. Nobody needs to know codes."""

from __future__ import annotations

import re
from functools import lru_cache

from django.conf.locale import LANG_INFO
from django.utils.translation import get_language, override

from knowledge.languages import LANGUAGE_LENGTH, InvalidLanguage, named_languages, normalised
from knowledge.titles import plain

_WORD = re.compile(r"[a-z0-9]{1,8}")
# English names of languages that Django does not know (ISO 639), and what some of them are called besides.
_IN_ENGLISH = {
    "ainu": "ain", "akan": "ak", "twi": "ak", "amharic": "am", "aymara": "ay", "anishinaabe": "oj", "bambara": "bm",
    "bashkir": "ba", "cebuano": "ceb", "cherokee": "chr", "chewa": "ny", "chichewa": "ny", "cornish": "kw",
    "corsican": "co", "cree": "cr", "dzongkha": "dz", "ewe": "ee", "faroese": "fo", "fijian": "fj", "fula": "ff",
    "fulani": "ff", "ganda": "lg", "greenlandic": "kl", "guarani": "gn", "haitian creole": "ht", "hausa": "ha",
    "hawaiian": "haw", "hmong": "hmn", "ilocano": "ilo", "inuktitut": "iu", "k'iche'": "quc", "kiche": "quc",
    "kinyarwanda": "rw", "kirundi": "rn", "kurdish": "ku", "lao": "lo", "lingala": "ln", "luganda": "lg",
    "malagasy": "mg", "maltese": "mt", "manx": "gv", "maori": "mi", "mapuche": "arn", "mapudungun": "arn",
    "nahuatl": "nah", "navajo": "nv", "northern sami": "se", "sami": "se", "occitan": "oc", "ojibwe": "oj",
    "oromo": "om", "papiamento": "pap", "pashto": "ps", "quechua": "qu", "romansh": "rm", "samoan": "sm",
    "sanskrit": "sa", "sardinian": "sc", "shipibo": "shp", "shona": "sn", "sindhi": "sd", "sinhala": "si",
    "somali": "so", "sorani": "ckb", "sotho": "st", "tagalog": "tl", "tahitian": "ty", "tibetan": "bo",
    "tigrinya": "ti", "tongan": "to", "tseltal": "tzh", "tsonga": "ts", "tsotsil": "tzo", "tswana": "tn",
    "wolof": "wo", "xhosa": "xh", "yiddish": "yi", "yoruba": "yo", "yucatec maya": "yua", "zulu": "zu",
}  # fmt: skip


def language_called(text: str) -> str:
    """The code for a language's name, in the page's language, in English or its own, or for a code.

    A name that nobody knows becomes a code of its own: "Old Velari" is x-old-velari. Raises InvalidLanguage for one
    that no code can be made of, and for no name.
    """
    if found := _by_name(get_language() or "en").get(_key(text)):
        return found
    try:
        return normalised(text)
    except InvalidLanguage:
        pass
    words = _key(text).split()
    code = "-".join(["x", *words])
    if not words or len(code) > LANGUAGE_LENGTH or not all(map(_WORD.fullmatch, words)):
        raise InvalidLanguage(text[:LANGUAGE_LENGTH])
    return code


def _key(name: str) -> str:
    """How names are compared: as titles are, with one kind of apostrophe."""
    return plain(re.sub("[ʼʻ’`]", "'", name))


@lru_cache(maxsize=32)
def _by_name(spoken: str) -> dict[str, str]:
    """Codes by all names that are known; `spoken` is the language of the page, in which some of them are."""
    found = _IN_ENGLISH | {_key(name): code for code, name in named_languages().items()}
    with override("en"):
        found |= {_key(name): code for code, name in named_languages().items()}
    found |= {_key(str(info["name_local"])): code for code, info in LANG_INFO.items() if "name_local" in info}
    return found
