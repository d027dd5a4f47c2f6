"""What the demonstrations are made of: enough of everything, and nothing that contradicts itself. No database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from inference.evaluation.scoring import holds
from knowledge.demo.script import NAMES, BadScript, Piece, Script, read
from knowledge.models import Entry, EntryKind, EntryVersion
from knowledge.question_split import Part, part_of
from knowledge.services.indexing import texts_of

_WORD = re.compile(r"[a-zë]+")
_ITALIC = re.compile(r"\*([^*]+)\*")
# Velari: whose it is before a noun; number and place behind it; tense and person behind a verb.
_OWNERS = ("", "ma", "ke", "so", "nu", "re")
_NUMBERS = ("", "li", "ni")
_PLACES = ("", "sa", "ru", "mol", "ven")
_TENSES = ("", "da", "shi")
_PERSONS = ("", "m", "k", "s", "mu", "re", "ya")


@pytest.fixture(scope="module", params=NAMES)
def script(request: pytest.FixtureRequest) -> Script:
    return read(request.param)


def passages(piece: Piece) -> list[str]:
    """The passages of an entry in its last wording."""
    content = piece.content
    for rewording in piece.rewordings:
        content = replace(content, body=rewording.body)
    version = EntryVersion(
        title=content.title,
        body=content.body,
        pronunciation=content.pronunciation,
        examples=content.examples_json(),
    )
    return texts_of(Entry(kind=piece.kind, language=piece.language), version)


def test_there_is_enough_of_everything(script: Script) -> None:
    assert len(script.people) >= 15
    assert len(script.pieces) >= 60
    assert len(script.motions) >= 6
    assert {motion.outcome for motion in script.motions} == {"carried_out", "rejected"}
    assert [motion.open for motion in script.motions].count(True) == 1
    assert sum(len(motion.remarks) for motion in script.motions) >= 5
    assert sum(bool(piece.labels) for piece in script.pieces) >= 5
    assert sum(len(piece.thanks) for piece in script.pieces) >= 60
    assert sum(bool(piece.related) for piece in script.pieces) >= 30
    assert any(piece.rewordings for piece in script.pieces) or script.name.startswith("Eastmoor")
    assert {piece.by for piece in script.pieces} <= {person.username for person in script.people}
    assert all(piece.themes for piece in script.pieces)
    lengths = sorted(len(piece.content.body.split()) for piece in script.pieces)
    assert lengths[0] < 40 < 150 <= lengths[-1] <= 400


def test_the_name_says_that_it_is_a_demonstration(script: Script) -> None:
    assert script.name.endswith("(demo)")


def test_there_are_enough_questions_in_both_parts(script: Script) -> None:
    known = [each for each in script.asked if each.answers]
    assert len(known) >= 40
    assert len(script.asked) - len(known) >= 15
    for part in Part:
        assert sum(part_of(each.question) is part for each in script.asked) >= 25
        assert sum(part_of(each.question) is part for each in script.asked if not each.answers) >= 6


def test_every_answer_stands_in_a_passage_of_its_entry(script: Script) -> None:
    pieces = {piece.key: piece for piece in script.pieces}
    missing = [
        each.question
        for each in script.asked
        if each.answers
        and not any(
            holds(text, answer, language=each.language)
            for text in passages(pieces[each.entry])
            for answer in each.answers
        )
    ]
    assert missing == []


def test_no_question_is_the_title_of_an_entry(script: Script) -> None:
    titles = {piece.content.title.casefold() for piece in script.pieces}
    assert [each.question for each in script.asked if each.question.casefold() in titles] == []


def test_the_network_speaks_spanish_too() -> None:
    network = read("mutual-aid")
    assert sum(piece.language == "es" for piece in network.pieces) >= 20
    assert sum(each.language == "es" for each in network.asked) >= 15


# --- The invented language ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def velari() -> list[Piece]:
    return [piece for piece in read("language").pieces if piece.language == "x-velari"]


def test_there_are_words_phrases_and_stories(velari: list[Piece]) -> None:
    said = [piece for piece in velari if piece.kind in (EntryKind.TERM, EntryKind.PHRASE)]
    assert len(said) >= 70
    assert [piece.key for piece in said if not piece.content.pronunciation and piece.key != "well-verse"] == []
    assert sum(len(piece.content.examples) for piece in said) >= 40
    assert sum(piece.kind == EntryKind.STORY for piece in velari) >= 4


def test_words_have_the_sounds_of_the_language(velari: list[Piece]) -> None:
    """One or no consonant at the beginning of a word, and one at most at its end."""
    syllables = re.compile(r"(?:(?:sh|[bdghklmnprstvy])?[aeiouë](?:sh|[lmnrst])?)+")
    terms = [piece.content.title for piece in velari if piece.kind == EntryKind.TERM]
    assert [term for term in terms if not syllables.fullmatch(term)] == []


def test_sentences_are_made_of_known_words_with_known_endings(velari: list[Piece]) -> None:
    stems = set(_stems(velari))
    verbs = {stem[:-1] for stem in stems if stem.endswith("t")}
    unknown = {word for piece in velari for word in _said(piece) if not _is_made_of(word, stems, verbs)}
    assert unknown == set()


def _stems(velari: list[Piece]) -> Iterator[str]:
    """Titles of words, words that are explained, and names of people."""
    language = read("language")
    for piece in velari:
        if piece.kind == EntryKind.TERM:
            yield piece.content.title
    for piece in language.pieces:
        if piece.kind != EntryKind.STORY:
            for shown in _ITALIC.findall(piece.content.body.lower()):
                yield from _WORD.findall(shown)
    for person in language.people:
        yield from person.name.lower().split()


def _said(piece: Piece) -> Iterator[str]:
    for example in piece.content.examples:
        yield from _WORD.findall(example.text.lower())
    if piece.kind == EntryKind.PHRASE and piece.key != "well-verse":
        yield from _WORD.findall(piece.content.title.lower())
    if piece.kind == EntryKind.STORY:
        told = re.split(r"\*\*In English|\*A bear", piece.content.body)[0]
        yield from _WORD.findall(told.lower())


def _is_made_of(word: str, stems: set[str], verbs: set[str]) -> bool:
    if word in stems:
        return True
    nouns = (
        word[len(owner) : len(word) - len(number + place)]
        for owner in _OWNERS
        for number in _NUMBERS
        for place in _PLACES
        if word.startswith(owner) and word.endswith(number + place)
    )
    acts = (
        word[: len(word) - len(tense + person)]
        for tense in _TENSES
        for person in _PERSONS
        if word.endswith(tense + person)
    )
    return any(noun in stems for noun in nouns) or any(act in verbs for act in acts)


# --- Files that do not fit together -------------------------------------------------------------------------------

COMMUNITY = """
name = "Test"
language = "en"
days = 20
teacher = "ana"
member = [{ username = "ana", name = "Ana" }, { username = "ben", name = "Ben", joined = 3 }]
decision = []
"""
ENTRY = '[[entry]]\nkey = "a"\nkind = "note"\nlanguage = "en"\ntitle = "A"\nbody = "B"\nby = "ben"\nday = 5\n'
QUESTION = '{"question": "Who?", "answers": ["Ana"], "entry": "a"}\n'


def written(folder: Path, *, community: str = COMMUNITY, entries: str = ENTRY, questions: str = QUESTION) -> Path:
    place = folder / "made"
    place.mkdir()
    (place / "community.toml").write_text(community)
    (place / "entries.toml").write_text(entries)
    (place / "questions.jsonl").write_text(questions)
    return folder


def test_a_small_script_is_read(tmp_path: Path) -> None:
    script = read("made", folder=written(tmp_path))
    assert [piece.content.title for piece in script.pieces] == ["A"]
    assert script.asked[0].language == "en"


@pytest.mark.parametrize(
    ("faulty", "said"),
    [
        ({"entries": ENTRY + ENTRY}, "same key"),
        ({"entries": ENTRY.replace("day = 5", "day = 2")}, "ben was not there on day 2"),
        ({"entries": ENTRY.replace("day = 5", "day = 20")}, "a day to come"),
        ({"entries": ENTRY + 'thanks = ["ben"]\n'}, "their own entry"),
        ({"entries": ENTRY + 'related = ["b"]\n'}, "related to"),
        ({"questions": '{"question": "Who?", "answers": ["Ana"], "unanswerable": true}'}, "line 1"),
        ({"questions": '{"question": "Who?"}'}, "line 1"),
        ({"questions": QUESTION.replace('"a"}', '"b"}')}, "questions are about"),
        ({"community": COMMUNITY.replace('teacher = "ana"', 'teacher = "eva"')}, "eva was not there"),
        ({"community": "name ="}, "community.toml"),
    ],
)
def test_what_does_not_fit_together_is_said(tmp_path: Path, faulty: dict[str, str], said: str) -> None:
    with pytest.raises(BadScript, match=said):
        read("made", folder=written(tmp_path, **faulty))
