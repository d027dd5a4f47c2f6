"""What the pages call the parts of an entry of each kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from knowledge.models import EntryKind


@dataclass(frozen=True)
class KindWords:
    """`explanation` helps to choose the kind; `said` is true for what one looks up, speaks and hears."""

    explanation: str | Promise
    begin: str | Promise
    title: str | Promise
    title_help: str | Promise
    text: str | Promise
    text_help: str | Promise
    said: bool = False


KIND_WORDS: Mapping[EntryKind, KindWords] = {
    EntryKind.TERM: KindWords(
        _("One word, what it means, how it is said, and sentences in which it is used."),
        _("Add a word"),
        _("Word"),
        _("As you write it."),
        _("Meaning"),
        _("What does it mean? Explain it as you would to a child."),
        said=True,
    ),
    EntryKind.PHRASE: KindWords(
        _("Something that is said in several words: a greeting, a proverb, a turn of speech."),
        _("Add a phrase"),
        _("Phrase"),
        _("As it is said."),
        _("Meaning"),
        _("What does it mean, and when does one say it?"),
        said=True,
    ),
    EntryKind.NOTE: KindWords(
        _("Something good to know: a custom, a place, a plant, how something is done."),
        _("Add a note"),
        _("Title"),
        _("What is it about, in a few words?"),
        _("Text"),
        _("Write it as you would tell it."),
    ),
    EntryKind.QUESTION: KindWords(
        _("A question that people ask, and the answer that we give."),
        _("Add a question with its answer"),
        _("Question"),
        _("As somebody would ask it."),
        _("Answer"),
        _("As you would answer."),
    ),
    EntryKind.STORY: KindWords(
        _("A tale, a memory, a song: something that is told."),
        _("Add a story"),
        _("Title"),
        _("What is the story called?"),
        _("Story"),
        _("An empty line begins a new paragraph."),
    ),
    EntryKind.DOCUMENT: KindWords(
        _("A longer text: minutes, rules, instructions, an article."),
        _("Add a document"),
        _("Title"),
        _("What is the document called?"),
        _("Text"),
        _("An empty line begins a new paragraph."),
    ),
}
