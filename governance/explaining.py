"""The arithmetic of a result in one sentence, in the reader's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from governance.counting import Method, Result, Share, Why, tallied

if TYPE_CHECKING:
    from governance.models import Decision
    from governance.rule_terms import RuleTerms


def decision_sentence(decision: Decision, terms: RuleTerms) -> str:
    """`result_sentence` of a decision that was made by this rule."""
    return result_sentence(
        tallied(
            terms.counting(),
            eligible=decision.eligible,
            yes=decision.yes,
            no=decision.no,
            abstain=decision.abstain,
            block=decision.block,
        )
    )


def result_sentence(result: Result) -> str:
    """Such as "14 of 21 took part (at least 11 needed); 9 yes, 3 no, 2 abstained: more yes than no, so it passes"."""
    return _("%(turnout)s; %(tally)s: %(reason)s") % {
        "turnout": turnout_phrase(took_part=result.took_part, eligible=result.eligible, needed=result.needed),
        "tally": _tally(result),
        "reason": _reason(result),
    }


def turnout_phrase(*, took_part: int, eligible: int, needed: int) -> str:
    return _("%(took_part)s of %(eligible)s took part (at least %(needed)s needed)") % {
        "took_part": took_part,
        "eligible": eligible,
        "needed": needed,
    }


def share_phrase(share: Share) -> str:
    return _("%(num)s of %(den)s") % {"num": share.num, "den": share.den}


def _tally(result: Result) -> str:
    figures = {"yes": result.yes, "no": result.no, "abstain": result.abstain, "block": result.block}
    if result.terms.method is Method.CONSENT:
        return _("%(yes)s agreed, %(no)s objected, %(abstain)s abstained") % figures
    if result.terms.method is Method.CONSENSUS:
        return _("%(yes)s yes, %(no)s no, %(abstain)s stood aside, %(block)s blocked") % figures
    return _("%(yes)s yes, %(no)s no, %(abstain)s abstained") % figures


def _reason(result: Result) -> str:
    voted = result.yes + result.no
    figures = {
        "yes": result.yes,
        "voted": voted,
        "least": result.terms.threshold.least_of(voted),
        "share": share_phrase(result.terms.threshold),
    }
    sentences = {
        Why.NO_QUORUM: _("too few took part, so everything stays as it is"),
        Why.ALL_ABSTAINED: _("everyone abstained, so everything stays as it is"),
        Why.TIE: _("as many yes as no, so everything stays as it is"),
        Why.MORE_YES: _("more yes than no, so it passes"),
        Why.MORE_NO: _("more no than yes, so it does not pass"),
        Why.SHARE_REACHED: _(
            "%(yes)s of %(voted)s votes for or against are yes (at least %(least)s needed, which is %(share)s), "
            "so it passes"
        ),
        Why.SHARE_MISSED: _(
            "%(yes)s of %(voted)s votes for or against are yes (at least %(least)s needed, which is %(share)s), "
            "so it does not pass"
        ),
        Why.OBJECTION: _("an objection stands, so it does not pass"),
        Why.NO_OBJECTION: _("no objection stands, so it passes"),
        Why.BLOCKED: _("somebody blocked it, so it does not pass"),
        Why.NOT_BLOCKED: _("nobody blocked it and more yes than no, so it passes"),
    }
    return sentences[result.why] % figures
