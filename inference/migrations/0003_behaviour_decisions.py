"""Every behaviour version names the decision that made it. The column becomes not null in the next migration.

A node that was founded before has one version, set by its founder: it gets the sealed decision of a founding.
"""

import hashlib
from datetime import UTC
from typing import Any

import django.db.models.deletion
import rfc8785
from django.conf import settings
from django.db import migrations, models

from community_ai.core.append_only import AppendOnly
from governance import seals

NEW_PARTS = {"tone": "warm", "max_sentences": 0, "greeting": "", "wordings": []}


def decide_the_founding(apps: Any, schema_editor: Any) -> None:
    Decision = apps.get_model("governance", "Decision")
    BehaviourVersion = apps.get_model("inference", "BehaviourVersion")
    for version in BehaviourVersion.objects.filter(decision=None):
        content = {**version.content, **NEW_PARTS}
        decision = Decision(
            kind="behaviour-founding",
            payload_hash=seals.canonical_hash({"behaviour": content}),
            outcome="carried_out",
            decided_at=version.made_at,
        )
        decision.seal = seals.seal("decision", _content(decision))
        decision.save(force_insert=True)
        sha256 = hashlib.sha256(rfc8785.dumps(content)).hexdigest()
        BehaviourVersion.objects.filter(pk=version.pk).update(content=content, sha256=sha256, decision=decision)


def _content(decision: Any) -> dict[str, Any]:
    """`governance.models.Decision.content()` of a founding, as it was when this was written."""
    return {
        "proposal": None,
        "kind": decision.kind,
        "version": 0,
        "payload_hash": decision.payload_hash,
        "rule": None,
        "outcome": decision.outcome,
        "explanation": "",
        "eligible": 0,
        "yes": 0,
        "no": 0,
        "abstain": 0,
        "block": 0,
        "decided_at": decision.decided_at.astimezone(UTC).isoformat(timespec="microseconds"),
    }


class Migration(migrations.Migration):

    dependencies = [
        ('governance', '0003_decisions'),
        ('inference', '0002_model_file'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='behaviourversion',
            name='decision',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='behaviour_version', to='governance.decision'),
        ),
        migrations.RunPython(decide_the_founding, migrations.RunPython.noop, elidable=True),
    ]
