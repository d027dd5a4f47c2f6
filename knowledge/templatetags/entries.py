"""How the pages of knowledge show what members wrote."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from community_ai.core.markdown import render_markdown, spoken
from knowledge.languages import direction_of, name_of

register = template.Library()

# Signs of a text in a list.
IN_SHORT = 150


@register.filter
def markdown(text: str) -> SafeString:
    return render_markdown(text)


@register.filter
def in_short(text: str) -> str:
    """The beginning of a text in plain words, on one line."""
    return Truncator(spoken(render_markdown(text))).chars(IN_SHORT)


@register.filter
def language_called(code: str) -> str:
    return name_of(code)


@register.simple_tag
def speaks(code: str) -> SafeString:
    """The attributes `lang` and `dir` of what is written in this language.

    A language with a code of its own only ("x-velari") is "mis-x-velari" to browsers: one that has no code (ISO 639-2).
    """
    tag = f"mis-{code}" if code.startswith("x-") else code
    return format_html('lang="{}" dir="{}"', tag, direction_of(code))
