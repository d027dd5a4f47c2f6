"""Searching: what is found, in which order, for any text whatever, and titles that win."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.db.models import Q
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.models import Member
from knowledge import access
from knowledge.content import Content
from knowledge.index.tables import rebuild
from knowledge.models import Entry, EntryKind, Passage
from knowledge.ranking import order, rarest, rarity, runs_of_four
from knowledge.rules_of_use import Use
from knowledge.services import entries, search
from tests.knowledge.conftest import JUNE, add

TEXTS = {
    "Loom": "The loom stands in the weaving house beside the river. It was built from walnut wood in the year 1931.",
    "Bees": "The bees make honey in summer. Whoever opens the hive wears white clothes and moves slowly.",
    "Bread": "Bread is baked on Saturdays in the big oven. The dough rests for one night.",
    "Arabic": "النول يقف في بيت النسيج بجانب النهر",
    "Hindi": "करघा नदी के किनारे बुनाई घर में है",
    "Chinese": "织布机放在河边的织布房里",
    "Turkish": "İstanbul'da ışık ve çiğdem",
}


@pytest.fixture
def shelf(author: Member) -> dict[str, UUID]:
    return {title: add(author, title, text).pk for title, text in TEXTS.items()}


def titles_for(query: str, member: Member, *, within: Q | None = None) -> tuple[list[str], list[str]]:
    """The titles that words and trigrams find, best first."""
    ranking = search.ranked(query, member=member, use=Use.QUOTE, now=JUNE, within=within)
    title_of = dict(access.in_service(Passage).values_list("pk", "title"))
    return [title_of[pk] for pk in ranking.words], [title_of[pk] for pk in ranking.trigrams]


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("Where does the loom stand?", "Loom"),
        ("when was the LOOM built", "Loom"),
        ("Who opens a hive?", "Bees"),
        ("bread", "Bread"),
        ("أين يقف النَّوْل؟", "Arabic"),
        ("बुनाई घर", "Hindi"),
        ("织布", "Chinese"),
        ("istanbul çigdem", "Turkish"),
    ],
)
def test_words_and_trigrams_find_what_shares_them(
    shelf: dict[str, UUID], reader: Member, query: str, title: str
) -> None:
    by_words, by_trigrams = titles_for(query, reader)
    assert by_words[0] == title
    assert by_trigrams[0] == title


@pytest.mark.parametrize(
    ("query", "title"), [("weaver houses", "Loom"), ("baking breads", "Bread"), ("bee hives", "Bees")]
)
def test_trigrams_find_other_forms_of_a_word(shelf: dict[str, UUID], reader: Member, query: str, title: str) -> None:
    assert titles_for(query, reader)[1][0] == title


def test_the_title_is_searched_with_every_passage(author: Member, reader: Member) -> None:
    add(author, "Beekeeping", "First part.\n\n" + "word " * 150 + "\n\nLast part about winter.")
    add(author, "Winter", "It is cold, and the last part of the year, about three months long.")
    assert titles_for("beekeeping in winter", reader)[1][0] == "Beekeeping"


def test_a_search_can_be_narrowed(shelf: dict[str, UUID], author: Member, reader: Member) -> None:
    add(author, "Loom too", "The loom stands here.", language="qu", kind=EntryKind.TERM)
    assert titles_for("loom", reader, within=Q(language="qu")) == (["Loom too"], ["Loom too"])
    assert titles_for("loom", reader, within=Q(entry__kind=EntryKind.TERM)) == (["Loom too"], ["Loom too"])
    assert titles_for("loom", reader, within=Q(language="xx")) == ([], [])
    assert titles_for("loom", reader, within=Q(pk__in=[])) == ([], [])


@pytest.mark.parametrize("query", ["", "   ", "?!…", "\x00", "🦙", "zzzzqqqq"])
def test_what_holds_no_word_that_is_there_finds_nothing(shelf: dict[str, UUID], reader: Member, query: str) -> None:
    assert titles_for(query, reader)[0] == []
    assert search.exact(query, member=reader, use=Use.QUOTE, now=JUNE) == []


def test_the_index_follows_every_change(author: Member, reader: Member) -> None:
    entry = add(author, "Song", "About the quetzal.")
    assert titles_for("quetzal", reader)[0] == ["Song"]
    entries.revise(entry_id=entry.pk, by=author, base=1, content=Content("Song", "About the toucan."), now=JUNE)
    assert (titles_for("quetzal", reader)[0], titles_for("toucan", reader)[0]) == ([], ["Song"])
    entries.retire(entry_id=entry.pk, by=author, now=JUNE)
    assert titles_for("toucan", reader)[0] == []
    entries.restore(entry_id=entry.pk, by=author, now=JUNE)
    assert titles_for("toucan", reader)[0] == ["Song"]
    entries.delete(entry_id=entry.pk, by=author, now=JUNE)
    assert titles_for("toucan", reader)[0] == []


def test_a_rebuilt_index_finds_the_same(shelf: dict[str, UUID], reader: Member) -> None:
    before = titles_for("the weaving house by the river", reader)
    rebuild()
    assert titles_for("the weaving house by the river", reader) == before


HOSTILE = [
    '"', "'", '""" OR 1=1', "NEAR(a b)", "loom AND NOT bees", "loom*", "^loom", "folded:loom", "(((", "a -- b",
    "%s %(x)s {allowed}", "{0} {allowed}", "loom\x00bees", "\ud800", "a" * 5_000, "ab " * 3_000, "\\", "\\'", "$$",
    "'; DROP TABLE knowledge_entry; --", "🦙" * 900, "é" * 2_000, "ا" * 2_000, "'loom':*", "loom & !bees", "<->", "%",
    "_", "?", "".join(map(chr, range(0x4E00, 0x51E8))), " ".join(f"w{number}" for number in range(200)),
]  # fmt: skip


@pytest.mark.parametrize("query", HOSTILE)
def test_hostile_questions_are_questions(shelf: dict[str, UUID], reader: Member, query: str) -> None:
    titles_for(query, reader)
    search.exact(query, member=reader, use=Use.SEE, now=JUNE)
    assert Entry.objects.count() == len(TEXTS)


@pytest.mark.django_db
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    query=st.text(max_size=80)
    | st.lists(
        st.sampled_from(
            [
                "loom",
                '"',
                "'",
                "*",
                "(",
                ")",
                "OR",
                "AND",
                "NOT",
                "NEAR",
                ":",
                "-",
                "\\",
                "{",
                "}",
                "%s",
                "\x00",
                "é",
                "漢",
            ]
        )
    ).map("".join)
)
def test_no_question_is_an_error(shelf: dict[str, UUID], reader: Member, query: str) -> None:
    titles_for(query, reader)
    search.exact(query, member=reader, use=Use.QUOTE, now=JUNE)


# --- Titles ---------------------------------------------------------------------------------------------------------


def exact(query: str, member: Member, **changes: object) -> list[str]:
    found = search.exact(query, member=member, use=Use.QUOTE, now=JUNE, **changes)  # type: ignore[arg-type]
    return [entry.title for entry in found]


def test_words_and_phrases_named_in_a_question_win_the_longest_first(author: Member, reader: Member) -> None:
    for title, kind in (
        ("Kawsay", EntryKind.TERM),
        ("sumaq kawsay", EntryKind.PHRASE),
        ("is", EntryKind.NOTE),
        ("What is sumaq kawsay?", EntryKind.QUESTION),
        ("kaws", EntryKind.TERM),
    ):
        add(author, title, kind=kind)
    assert exact("What is Sumaq Kawsay?", reader) == ["What is sumaq kawsay?", "sumaq kawsay", "Kawsay"]
    assert exact("«kawsay»", reader) == ["Kawsay"]
    assert exact("IS", reader) == ["is"]
    assert exact("What is Sumaq Kawsay?", reader, limit=1) == ["What is sumaq kawsay?"]
    assert exact("sumaq kawsay", reader, within=Q(kind=EntryKind.TERM)) == ["Kawsay"]


def test_what_differs_by_its_accents_comes_second(author: Member, reader: Member) -> None:
    for title in ("pena", "peña", "Llamk’ay"):
        add(author, title, kind=EntryKind.TERM)
    assert exact("¿Qué es una peña?", reader) == ["peña", "pena"]
    assert exact("pena", reader) == ["pena", "peña"]
    assert exact("llamk’ay", reader) == ["Llamk’ay"]


def test_in_scripts_without_spaces_a_word_is_named_inside_a_line(author: Member, reader: Member) -> None:
    for title in ("织布机", "布"):
        add(author, title, kind=EntryKind.TERM)
    assert exact("织布机在哪里？", reader) == ["织布机", "布"]


# --- The pure core ----------------------------------------------------------------------------------------------------


def test_rare_terms_weigh_more_and_common_ones_are_left_out_first() -> None:
    assert rarity(1, 100) > rarity(50, 100) > rarity(100, 100) >= 0
    frequencies = {"the": 900, "loom": 3, "is": 800, "nowhere": 0, "walnut": 10}
    assert rarest(frequencies, budget=20, least=1) == ["loom", "walnut", "nowhere"]
    assert rarest(frequencies, budget=0, least=2) == ["loom", "walnut", "nowhere"]
    assert set(rarest(frequencies, budget=10_000, least=1)) == set(frequencies)


def test_the_order_prefers_more_and_rarer_terms_and_shorter_texts() -> None:
    passages = {1: " the loom ", 2: " the loom and the walnut ", 3: " nothing of it ", 4: " the loom " + "x " * 50}
    weights = {" loom ": 2.0, " walnut ": 3.0, " the ": 0.1}
    assert order(passages, weights) == [2, 1, 4]
    assert order({}, weights) == order(passages, {}) == []


def test_a_run_of_four_is_at_most_as_common_as_its_trigrams() -> None:
    assert runs_of_four([" loo", "loom"], {" lo": 7, "loo": 5, "oom": 9}) == {" loo": 5, "loom": 5}
