"""What the page says about an answer: its state, why it ended so, and its place in the line."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from inference.engine.engine import FailureCode
from inference.live.live_answer import LiveAnswer, Phase
from inference.models import Answer, AnswerState

_TELL_THE_OPERATOR = gettext_lazy(
    "Please tell the person who looks after this computer; “manage.py doctor” shows them what is wrong."
)

_FAILURES: dict[str, Promise] = {
    FailureCode.TOO_LONG: gettext_lazy(
        "Your question is too long for this model to read. Edit it to make it shorter, and ask again."
    ),
    FailureCode.BUSY: gettext_lazy("Too many people are asking right now. Please ask again in a few minutes."),
    FailureCode.MODEL_MISSING: gettext_lazy("The AI's model cannot be loaded on this computer."),
    FailureCode.BEHAVIOUR_UNKNOWN: gettext_lazy("The AI does not have the behaviour that the community decided on."),
    FailureCode.DECODE_FAILED: gettext_lazy("The AI could not work this one out. Please ask again."),
    FailureCode.PAUSED: gettext_lazy(
        "The AI is paused: a member pulled the community's brake. Your question is kept; ask again when it is released."
    ),
    FailureCode.BAD_REQUEST: gettext_lazy("The AI could not read this question. Please edit it and ask again."),
}
_FOR_THE_OPERATOR = frozenset({FailureCode.MODEL_MISSING, FailureCode.BEHAVIOUR_UNKNOWN})


def ending(answer: Answer) -> str:
    """Why an answer is not whole, in a sentence or two; "" for a whole one and for one that is being written."""
    match answer.state:
        case AnswerState.FAILED:
            sentence = str(_FAILURES.get(answer.reason, _("Something went wrong. Please ask again.")))
            return f"{sentence} {_TELL_THE_OPERATOR}" if answer.reason in _FOR_THE_OPERATOR else sentence
        case AnswerState.INTERRUPTED if answer.reason == FailureCode.PAUSED:
            return _("Somebody pulled the emergency brake here. What the AI had written is kept; you can ask again.")
        case AnswerState.INTERRUPTED if answer.message.text:
            return _("The AI was interrupted here. What it had written is kept; you can ask again.")
        case AnswerState.INTERRUPTED:
            return _("The AI was interrupted before it could begin. Your question is kept; you can ask again.")
        case AnswerState.STOPPED:
            return _("You stopped this answer.")
        case AnswerState.DONE if answer.reason == "length":
            return _("The answer stops here because it reached the longest length that the community allows.")
        case AnswerState.DONE if not answer.message.text.strip():
            return _("The AI had nothing to say. You can ask again or put it differently.")
    return ""


def progress(live: LiveAnswer | None) -> str:
    """What is happening with an unfinished answer, for the line that stands where it will appear."""
    if live is None or live.stopping:
        return _("One moment…") if live is None else _("Stopping…")
    match live.phase:
        case Phase.RESTARTING:
            return _("The AI is restarting. Your question is kept and will be answered when it is back.")
        case Phase.PAUSED:
            return _("The AI is paused. Your question is kept and will be answered when it is back.")
        case Phase.WAITING if live.position:
            return _place(live.position, live.estimate_seconds or 0.0)
        case Phase.WAITING:
            return _("One moment…")
        case Phase.THINKING:
            return _("The AI is thinking…")
    return _("The AI is writing…")


def _place(position: int, seconds: float) -> str:
    if position == 1:
        place = _("You are next in line")
    else:
        place = _("You are number %(position)d in line") % {"position": position}
    if seconds < 1:
        return f"{place}."
    if seconds < 90:
        rounded = round(seconds) if seconds < 20 else round(seconds / 10) * 10
        time = ngettext("about %(count)d second", "about %(count)d seconds", rounded) % {"count": rounded}
    else:
        minutes = round(seconds / 60)
        time = ngettext("about %(count)d minute", "about %(count)d minutes", minutes) % {"count": minutes}
    return _("%(place)s: %(time)s.") % {"place": place, "time": time}
