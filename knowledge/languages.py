"""Languages of entries: any that has a code, also those that no software knows, and those a community made up.

A code is a language tag in the form of BCP 47: "qu", "es-PE", "zh-Hant", or "x-velari" for a language without a code.
"""

from __future__ import annotations

import re
from typing import Any, cast

from django.conf.locale import LANG_INFO
from django.utils.translation import gettext

LANGUAGE_LENGTH = 35
_TAG = re.compile(r"(?:[a-z]{2,3}(?:-[a-z0-9]{1,8})*|x(?:-[a-z0-9]{1,8})+)")
# What Django does not know, by the languages' own names where their speakers use one (ISO 639).
_OWN_NAMES = {
    "ain": "アイヌ・イタㇰ", "ak": "Akan", "am": "አማርኛ", "arn": "Mapudungun", "ay": "Aymar aru", "ba": "Башҡорт теле",
    "bm": "Bamanankan", "bo": "བོད་སྐད་", "ceb": "Cebuano", "chr": "ᏣᎳᎩ", "ckb": "کوردی", "co": "Corsu",
    "cr": "ᓀᐦᐃᔭᐍᐏᐣ", "dz": "རྫོང་ཁ", "ee": "Eʋegbe", "ff": "Pulaar", "fj": "Na Vosa Vakaviti", "fo": "Føroyskt",
    "gn": "Avañe'ẽ", "gv": "Gaelg", "ha": "Hausa", "haw": "ʻŌlelo Hawaiʻi", "hmn": "Hmoob", "ht": "Kreyòl ayisyen",
    "ilo": "Ilokano", "iu": "ᐃᓄᒃᑎᑐᑦ", "kl": "Kalaallisut", "ku": "Kurdî", "kw": "Kernewek", "lg": "Luganda",
    "ln": "Lingála", "lo": "ລາວ", "mg": "Malagasy", "mi": "Te reo Māori", "mt": "Malti", "nah": "Nāhuatl",
    "nv": "Diné bizaad", "ny": "Chicheŵa", "oc": "Occitan", "oj": "Anishinaabemowin", "om": "Oromoo",
    "pap": "Papiamentu", "ps": "پښتو", "qu": "Runa simi", "quc": "K'iche'", "quz": "Qhichwa", "rm": "Rumantsch",
    "rn": "Ikirundi", "rw": "Ikinyarwanda", "sa": "संस्कृतम्", "sc": "Sardu", "sd": "سنڌي", "se": "Davvisámegiella",
    "shp": "Shipibo", "si": "සිංහල", "sm": "Gagana Sāmoa", "sn": "ChiShona", "so": "Soomaali", "st": "Sesotho",
    "ti": "ትግርኛ", "tl": "Tagalog", "tn": "Setswana", "to": "Lea faka-Tonga", "ts": "Xitsonga", "ty": "Reo Tahiti",
    "tzh": "Tseltal", "tzo": "Tsotsil", "wo": "Wolof", "xh": "isiXhosa", "yi": "ייִדיש", "yo": "Yorùbá",
    "yua": "Maaya t'aan", "zu": "isiZulu",
}  # fmt: skip
_RIGHT_TO_LEFT = {"ar", "arc", "ckb", "dv", "fa", "he", "ks", "ps", "sd", "syr", "ug", "ur", "yi"}
_RIGHT_TO_LEFT_SCRIPTS = {"adlm", "arab", "hebr", "nkoo", "rohg", "syrc", "thaa"}


class InvalidLanguage(ValueError):
    """This is no code of a language."""


def normalised(code: str) -> str:
    """The code in its one spelling: small letters, hyphens. Raises InvalidLanguage."""
    text = code.strip().lower().replace("_", "-")
    if len(text) > LANGUAGE_LENGTH or not _TAG.fullmatch(text):
        raise InvalidLanguage(code[:LANGUAGE_LENGTH])
    return text


def name_of(code: str) -> str:
    """What to call a language on a page: its name if one is known, else its code."""
    base, _, rest = code.partition("-")
    if base == "x":
        return rest.replace("-", " ").title()
    info = _known(code) or _known(base)
    name = gettext(str(info["name"])) if info else _OWN_NAMES.get(code) or _OWN_NAMES.get(base) or code
    beyond = rest if rest and not _known(code) and name != code else ""
    # Regions in capitals, scripts with one: "es-PE", "ku-Arab".
    shown = "-".join(part.title() if len(part) == 4 else part.upper() for part in beyond.split("-"))
    return f"{name} ({shown})" if shown else name


def named_languages() -> dict[str, str]:
    """The languages whose names are known, by their codes."""
    known = cast("dict[str, dict[str, Any]]", LANG_INFO)
    codes = {code for code, info in known.items() if "name" in info} | set(_OWN_NAMES)
    return {code: name_of(code) for code in codes}


def direction_of(code: str) -> str:
    """ "rtl" or "ltr", for the attribute `dir`."""
    base, *parts = code.split("-")
    scripts = {part for part in parts if len(part) == 4}
    if scripts:
        return "rtl" if scripts & _RIGHT_TO_LEFT_SCRIPTS else "ltr"
    return "rtl" if base in _RIGHT_TO_LEFT else "ltr"


def _known(code: str) -> dict[str, Any] | None:
    known = cast("dict[str, dict[str, Any]]", LANG_INFO)
    info = known.get(code)
    return info if info is not None and "name" in info else None
