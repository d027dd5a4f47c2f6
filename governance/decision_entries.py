"""How the record tells what happens around decisions."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from governance.audit.kinds import Readers, register_entry_kind


def register_decision_entries() -> None:
    register_entry_kind(
        "rule.default", _("A voting rule came with the software: %(rule)s."), label=_("First voting rules")
    )
    register_entry_kind(
        "proposal.opened",
        _("%(actor)s opened the vote on “%(title)s”; %(eligible)s members could vote."),
        label=_("Votes opened"),
    )
    register_entry_kind(
        "proposal.withdrawn", _("%(actor)s withdrew proposal %(proposal)s."), label=_("Proposals withdrawn")
    )
    register_entry_kind(
        "ballot.cast",
        _("%(actor)s voted on proposal %(proposal)s."),
        label=_("Votes cast by name"),
        readers=Readers.ACTOR,
        technical=True,
    )
    register_entry_kind(
        "decision.founding",
        _("The founder set “%(kind)s”, until the community decides."),
        label=_("Set by the founder"),
        technical=True,
    )
    register_entry_kind(
        "decision.carried_out",
        _(
            "%(took_part)s of %(eligible)s members decided on “%(title)s”: %(yes)s yes, %(no)s no, "
            "%(abstain)s abstained. It passed and was carried out."
        ),
        label=_("Decisions carried out"),
    )
    register_entry_kind(
        "decision.rejected",
        _(
            "%(took_part)s of %(eligible)s members voted on “%(title)s”: %(yes)s yes, %(no)s no, "
            "%(abstain)s abstained. It did not pass."
        ),
        label=_("Proposals not accepted"),
    )
    register_entry_kind(
        "decision.failed",
        _(
            "%(took_part)s of %(eligible)s members decided on “%(title)s”, but it could not be carried out: "
            "%(explanation)s"
        ),
        label=_("Decisions that failed"),
    )
    register_entry_kind(
        "decision.superseded",
        _(
            "%(took_part)s of %(eligible)s members decided on “%(title)s”, but another change had come before. "
            "It can be proposed anew."
        ),
        label=_("Decisions overtaken"),
    )
    register_entry_kind(
        "suspension.begun",
        _("%(actor)s suspended %(member)s in an emergency. The community votes on it."),
        label=_("Emergency suspensions"),
    )
    register_entry_kind(
        "comment.hidden",
        _("%(actor)s hid a contribution of %(author)s to the discussion of proposal %(proposal)s: %(reason)s"),
        label=_("Contributions hidden"),
    )
    register_entry_kind(
        "comment.shown",
        _("%(actor)s let everyone read a contribution of %(author)s to the discussion of proposal %(proposal)s again."),
        label=_("Contributions shown again"),
    )
    register_entry_kind("suspension.ended", _("The suspension of %(member)s ended."), label=_("Suspensions ended"))
