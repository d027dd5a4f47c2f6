"""How the chat's templates show an answer."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString

from community_ai.core.markdown import render_markdown
from inference import answer_words, live
from inference.models import Answer, Message, SampleAnswer

register = template.Library()


@register.filter
def markdown(text: str) -> SafeString:
    return render_markdown(text)


@register.filter
def ending(answer: Answer) -> str:
    return answer_words.ending(answer)


@register.filter
def progress(message: Message) -> str:
    """The line of an unfinished answer."""
    return answer_words.progress(live.live_answer(message.pk))


@register.filter
def text_so_far(message: Message) -> str:
    """What an unfinished answer has now: the desk knows more than the row, which is written once a second."""
    writing = live.live_answer(message.pk)
    return writing.text if writing is not None and writing.text else message.text


@register.filter
def seconds(milliseconds: int) -> float:
    return milliseconds / 1000


@register.filter
def sample_text(answer: SampleAnswer) -> SafeString:
    """A sample answer; one that was cut goes on beyond what is shown."""
    return render_markdown(f"{answer.text} …" if answer.cut else answer.text)


@register.simple_tag
def worker_state() -> str:
    return live.worker_state()
