"""What decisions about the AI need from the rest of the node: kinds, entries of the record, a job, a check."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from community_ai.core.doctor import Finding, failure, ok, register_check, warning
from community_ai.core.jobs import register_regular_job
from governance.services.audit import register_entry_kind
from inference.jobs import answer_lacking_samples
from inference.kinds import register_inference_kinds
from inference.models import BehaviourVersion, ModelFile
from inference.services import behaviour, brake, model_files

_TELL = "Somebody wrote into the database. Keep a copy of the data folder, tell the community, look at the record."


def begin_behaving() -> None:
    """Called once, when the apps are ready."""
    register_entry_kind(
        behaviour.ENTRY,
        _("The AI behaves by version %(number)s from here on."),
        label=_("Versions of the AI's behaviour"),
    )
    register_entry_kind(
        brake.PULLED,
        _("%(actor)s pulled the emergency brake of the AI. The community votes on it."),
        label=_("Emergency brakes"),
    )
    register_entry_kind(brake.RELEASED, _("The emergency brake was released."), label=_("Released brakes"))
    register_inference_kinds()
    register_regular_job("answer sample questions", answer_lacking_samples, every=5)
    register_check("behaviour", check_behaviour)


def check_behaviour() -> Finding:
    """The doctor's check: what answers is what the last decision named, and nothing else passes for it."""
    forged = [f"behaviour version {number}" for number in behaviour.not_made_by_a_vote()]
    forged += brake.forged()
    forged += [f"model file {row.filename}" for row in ModelFile.objects.select_related("source")
               if not model_files.is_what_it_says(row)]  # fmt: skip
    if forged:
        return failure(f"Not made by a decision or by this node, and never used: {', '.join(forged)}.", _TELL)
    try:
        version = behaviour.in_force()
    except behaviour.NoBehaviour:
        if not BehaviourVersion.objects.exists():
            return warning("No community is founded yet, so no behaviour is in force.", "Open the address of `up`.")
        return failure("The behaviour that the last decision names is not there, so the AI does not answer.", _TELL)
    provisional = ", which the community has not confirmed yet" if version.provisional else ""
    return ok(f"Behaviour version {version.number} is in force{provisional}.")
