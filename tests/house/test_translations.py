"""The catalogues in `locale/` against the code: all is translated, nothing is a guess or left over.

The sentences are read from the code here, without GNU gettext: modules as syntax trees, templates through Django's own
`templatize`, which makemessages uses as well.
"""

from __future__ import annotations

import ast
import gettext
import re
from collections.abc import Iterator
from functools import cache
from gettext import c2py
from pathlib import Path
from typing import NamedTuple

import allauth
import django
import polib
import pytest
from django.conf import settings
from django.contrib import auth
from django.utils.translation.template import templatize

from community_ai.core.translations import compile_translations
from tests.house.tree import ROOT, modules, parse

LANGUAGES = [code for code, _ in settings.LANGUAGES if code != "en"]
# Which arguments of a call are a context, a sentence and its plural.
CALLS = {
    "gettext": (None, 0, None),
    "ngettext": (None, 0, 1),
    "pgettext": (0, 1, None),
    "npgettext": (0, 1, 2),
}
PLACEHOLDER = re.compile(r"%(?:\((\w+)\))?[#0 +-]*\d*(?:\.\d+)?([a-zA-Z%])|\{(\w*)\}")
TAG = re.compile(r"</?\w+[^>]*>")


class Sentence(NamedTuple):
    context: str | None
    singular: str
    plural: str | None


def words(node: ast.AST) -> str | None:
    """The text of a constant expression, also when it is put together from parts."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            parts = words(left), words(right)
            return None if None in parts else "".join(map(str, parts))
    return None


def called(function: ast.expr, aliases: dict[str, str]) -> str | None:
    """The gettext function that is called, lazy or not; None for another function."""
    match function:
        case ast.Name(id=name):
            name = aliases.get(name, name)
        case ast.Attribute(attr=name):
            pass
        case _:
            return None
    name = re.sub(r"_(lazy|noop)$", "", name)
    return name if name in CALLS else None


def sentences_of_module(tree: ast.Module) -> Iterator[Sentence]:
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    aliases = {alias.asname: alias.name for node in imports for alias in node.names if alias.asname}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (name := called(node.func, aliases)):
            context, singular, plural = (None if at is None else words(node.args[at]) for at in CALLS[name])
            # What a variable holds was marked where it was written.
            if singular is not None:
                yield Sentence(context, singular, plural)


def sentences_of_template(text: str) -> Iterator[Sentence]:
    # templatize leaves calls as Python writes them, between words that are blanked out.
    calls = re.compile(r"(?<!\w)(_|n?p?gettext)(\((?:\s*,?\s*u?(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"))+)")
    for name, arguments in calls.findall(templatize(text)):
        node = ast.parse(f"f{arguments})", mode="eval").body
        assert isinstance(node, ast.Call)
        at = CALLS["gettext" if name == "_" else name]
        yield Sentence(*(None if place is None else words(node.args[place]) for place in at))  # type: ignore[arg-type]


@cache
def in_the_code() -> dict[tuple[str | None, str], str | None]:
    """Every sentence of the code, by context and text, with its plural."""
    found: dict[tuple[str | None, str], str | None] = {}
    gathered = [sentence for _, path in modules(ROOT) for sentence in sentences_of_module(parse(path))]
    for path in sorted((ROOT / "templates").rglob("*")):
        if path.suffix in {".html", ".txt"}:
            gathered += sentences_of_template(path.read_text("utf-8"))
    for context, singular, plural in gathered:
        # As gettext does, one entry serves a sentence with a plural and the same sentence without.
        found[context, singular] = plural or found.get((context, singular))
    return found


@cache
def catalogue(language: str) -> polib.POFile:
    return polib.pofile(str(ROOT / "locale" / language / "LC_MESSAGES" / "django.po"))


def placeholders(text: str) -> list[str]:
    """Names and kinds of what is filled in, and the tags of HTML, in no order."""
    return sorted(match.group(0) for match in [*PLACEHOLDER.finditer(text), *TAG.finditer(text)])


def edges(text: str) -> tuple[str, str]:
    """The white space before and after, which holds sentences apart."""
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]


def numbers_of_form(language: str) -> dict[int, list[int]]:
    """For which numbers each of a language's plural forms stands, of those up to 1,000 and the round millions."""
    header = re.fullmatch(r"nplurals=(\d+); plural=(.+);", catalogue(language).metadata["Plural-Forms"])
    assert header is not None
    form_of = c2py(header[2])
    numbers: dict[int, list[int]] = {form: [] for form in range(int(header[1]))}
    for number in [*range(1001), 1_000_000, 2_000_000]:
        numbers[form_of(number)].append(number)
    return numbers


def test_gathering_finds_each_way_of_marking() -> None:
    python = """
from django.utils.translation import gettext_lazy as _
_("a" + "b"), ngettext_lazy("one", "many", 2), pgettext("of a vote", "Open"), gettext_noop("later"), _(later)
"""
    assert list(sentences_of_module(ast.parse(python))) == [
        Sentence(None, "ab", None),
        Sentence(None, "one", "many"),
        Sentence("of a vote", "Open", None),
        Sentence(None, "later", None),
    ]
    template = (
        "{% translate \"It's 5 %\" %}{% if a == _('b') %}{{ c|default:_('d') }}{% endif %}"
        '{% blocktranslate trimmed count n=n %}\n {{ n }} "x"\n{% plural %}{{ n }} y{% endblocktranslate %}'
    )
    assert list(sentences_of_template(template)) == [
        Sentence(None, "It's 5 %%", None),
        Sentence(None, "b", None),
        Sentence(None, "d", None),
        Sentence(None, '%(n)s "x"', "%(n)s y"),
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogue_holds_what_the_code_says_and_nothing_else(language: str) -> None:
    held = {(entry.msgctxt, entry.msgid): entry.msgid_plural or None for entry in catalogue(language)}
    assert held == in_the_code(), "`make messages` brings the catalogues to the code"


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_is_translated_and_nothing_is_a_guess(language: str) -> None:
    for entry in catalogue(language):
        assert entry.translated(), f"not translated, or fuzzy: {entry.msgid}"
        assert not entry.obsolete, f"no longer used: {entry.msgid}"
        assert entry.previous_msgid is None
        assert entry.occurrences == [], "file names and line numbers change more often than sentences"


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_fill_in_the_same(language: str) -> None:
    for entry in catalogue(language):
        if not entry.msgid_plural:
            assert placeholders(entry.msgstr) == placeholders(entry.msgid), entry.msgid
            assert edges(entry.msgstr) == edges(entry.msgid), entry.msgid


@pytest.mark.parametrize("language", LANGUAGES)
def test_plural_forms(language: str) -> None:
    """Each form fills in what the plural does; a form that stands for one number may say it in words."""
    djangos = polib.pofile(f"{django.__path__[0]}/conf/locale/{language}/LC_MESSAGES/django.po")
    assert catalogue(language).metadata["Plural-Forms"] == djangos.metadata["Plural-Forms"]
    numbers = numbers_of_form(language)
    assert all(numbers.values())
    for entry in catalogue(language):
        if not entry.msgid_plural:
            continue
        assert set(entry.msgstr_plural) == set(numbers), entry.msgid
        wanted = placeholders(entry.msgid_plural)
        for form, text in entry.msgstr_plural.items():
            filled = placeholders(text)
            assert text.strip()
            assert [each for each in filled if each not in wanted] == [], (entry.msgid, form)
            missing = [each for each in wanted if each not in filled]
            assert missing == [] or (len(numbers[form]) == len(missing) == 1 and missing[0].startswith("%(")), (
                entry.msgid,
                form,
            )


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_speaks(language: str, tmp_path: Path) -> None:
    folder = tmp_path / language / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_bytes((ROOT / "locale" / language / "LC_MESSAGES" / "django.po").read_bytes())
    compile_translations([tmp_path])
    spoken = gettext.translation("django", tmp_path, [language])
    for entry in catalogue(language):
        if entry.msgid_plural:
            for form, numbers in numbers_of_form(language).items():
                said = {spoken.ngettext(entry.msgid, entry.msgid_plural, number) for number in numbers}
                assert said == {entry.msgstr_plural[form]}
        else:
            assert spoken.gettext(entry.msgid) == entry.msgstr


def test_what_we_say_for_packages_is_what_they_say() -> None:
    said: set[str] = set()
    for folder in (f"{allauth.__path__[0]}/locale", f"{django.__path__[0]}/conf/locale", f"{auth.__path__[0]}/locale"):
        # Spanish: complete in both packages.
        theirs = polib.pofile(f"{folder}/es/LC_MESSAGES/django.po")
        said |= {entry.msgid for entry in theirs if not entry.obsolete}
    borrowed = sentences_of_module(parse(ROOT / "governance" / "borrowed_words.py"))
    assert [sentence.singular for sentence in borrowed if sentence.singular not in said] == []
