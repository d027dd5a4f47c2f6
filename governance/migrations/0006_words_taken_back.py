from django.db import migrations

from community_ai.core.append_only import AppendOnly
from governance.guards import VERSION_UPDATES, PayloadStays


class LetGo(AppendOnly):
    """Drop the triggers that an earlier `AppendOnly` of the same table made; what comes next makes them anew."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        self.database_backwards(app_label, schema_editor, to_state, from_state)


class Migration(migrations.Migration):

    dependencies = [
        ('governance', '0005_feedback'),
    ]

    operations = [
        # Who leaves may take their words along; what was decided stays as it was sealed.
        LetGo('ProposalVersion'),
        AppendOnly('ProposalVersion', update_when=VERSION_UPDATES),
        PayloadStays('ProposalVersion'),
    ]
