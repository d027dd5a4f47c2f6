import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models

from community_ai.core.append_only import AppendOnly
from governance.guards import PROPOSAL_UPDATES, AddedOnlyWhile


class Migration(migrations.Migration):

    dependencies = [
        ('governance', '0002_audit'),
    ]

    operations = [
        migrations.CreateModel(
            name='Proposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=60, verbose_name='kind')),
                ('state', models.CharField(choices=[('draft', 'Being prepared'), ('open', 'Open for votes'), ('withdrawn', 'Withdrawn'), ('rejected', 'Not accepted'), ('carried_out', 'Carried out'), ('failed', 'Accepted, but could not be carried out'), ('superseded', 'Overtaken by another change')], default='draft', max_length=16, verbose_name='state')),
                ('version', models.PositiveIntegerField(default=1, verbose_name='version')),
                ('drafted_at', models.DateTimeField(verbose_name='begun')),
                ('opened_at', models.DateTimeField(blank=True, null=True, verbose_name='opened')),
                ('closes_at', models.DateTimeField(blank=True, null=True, verbose_name='closes')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='ended')),
                ('box', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
            ],
            options={
                'verbose_name': 'proposal',
                'verbose_name_plural': 'proposals',
                'ordering': ['-pk'],
            },
        ),
        migrations.AddField(
            model_name='member',
            name='time_zone',
            field=models.CharField(blank=True, max_length=64, verbose_name='time zone'),
        ),
        migrations.CreateModel(
            name='BallotBox',
            fields=[
                ('proposal', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='ballot_box', serialize=False, to='governance.proposal')),
                ('sealed', models.BinaryField()),
            ],
            options={
                'verbose_name': 'ballot box',
                'verbose_name_plural': 'ballot boxes',
            },
        ),
        migrations.AddField(
            model_name='proposal',
            name='author',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='proposals', to=settings.AUTH_USER_MODEL, verbose_name='proposed by'),
        ),
        migrations.CreateModel(
            name='Comment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField(max_length=4000, verbose_name='text')),
                ('written_at', models.DateTimeField(verbose_name='written')),
                ('answers', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='replies', to='governance.comment')),
                ('author', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='proposal_comments', to=settings.AUTH_USER_MODEL)),
                ('proposal', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='comments', to='governance.proposal')),
            ],
            options={
                'verbose_name': 'comment',
                'verbose_name_plural': 'comments',
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='Decision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=60, verbose_name='kind')),
                ('version', models.PositiveIntegerField(default=0, verbose_name='version of the proposal')),
                ('payload_hash', models.CharField(max_length=64)),
                ('outcome', models.CharField(choices=[('carried_out', 'Carried out'), ('rejected', 'Not accepted'), ('failed', 'Accepted, but could not be carried out'), ('superseded', 'Overtaken by another change')], max_length=16, verbose_name='outcome')),
                ('explanation', models.TextField(blank=True, verbose_name='explanation')),
                ('eligible', models.PositiveIntegerField(default=0, verbose_name='could vote')),
                ('yes', models.PositiveIntegerField(default=0)),
                ('no', models.PositiveIntegerField(default=0)),
                ('abstain', models.PositiveIntegerField(default=0)),
                ('block', models.PositiveIntegerField(default=0)),
                ('decided_at', models.DateTimeField(verbose_name='decided')),
                ('seal', models.CharField(editable=False, max_length=128)),
                ('proposal', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='decision', to='governance.proposal')),
            ],
            options={
                'verbose_name': 'decision',
                'verbose_name_plural': 'decisions',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='Eligibility',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('member', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='eligibilities', to=settings.AUTH_USER_MODEL)),
                ('proposal', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='eligibilities', to='governance.proposal')),
            ],
            options={
                'verbose_name': 'right to vote',
                'verbose_name_plural': 'rights to vote',
            },
        ),
        migrations.CreateModel(
            name='Ballot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('choice', models.CharField(choices=[('yes', 'yes'), ('no', 'no'), ('abstain', 'abstain'), ('block', 'block')], max_length=8, verbose_name='choice')),
                ('cast_at', models.DateTimeField(verbose_name='cast')),
                ('proposal', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='ballots', to='governance.proposal')),
                ('eligibility', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='ballots', to='governance.eligibility')),
            ],
            options={
                'verbose_name': 'ballot',
                'verbose_name_plural': 'ballots',
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='Participation',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('eligibility', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='participation', to='governance.eligibility')),
                ('proposal', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='participations', to='governance.proposal')),
            ],
            options={
                'verbose_name': 'participation in a secret vote',
                'verbose_name_plural': 'participations in secret votes',
            },
        ),
        migrations.CreateModel(
            name='ProposalVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(verbose_name='version')),
                ('title', models.CharField(max_length=120, verbose_name='title')),
                ('reason', models.TextField(max_length=4000, verbose_name='reason')),
                ('payload', models.JSONField(verbose_name='content')),
                ('preview', models.JSONField(verbose_name='what it changes')),
                ('payload_hash', models.CharField(max_length=64)),
                ('target_hash', models.CharField(max_length=64)),
                ('written_at', models.DateTimeField(verbose_name='written')),
                ('author', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('proposal', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='governance.proposal')),
            ],
            options={
                'verbose_name': 'version of a proposal',
                'verbose_name_plural': 'versions of proposals',
                'ordering': ['proposal', 'number'],
            },
        ),
        migrations.CreateModel(
            name='Reminder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('claimed_at', models.DateTimeField()),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('proposal', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reminders', to='governance.proposal')),
            ],
            options={
                'verbose_name': 'reminder',
                'verbose_name_plural': 'reminders',
            },
        ),
        migrations.CreateModel(
            name='SecretBallot',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('choice', models.CharField(choices=[('yes', 'yes'), ('no', 'no'), ('abstain', 'abstain'), ('block', 'block')], max_length=8, verbose_name='choice')),
                ('proposal', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='secret_ballots', to='governance.proposal')),
            ],
            options={
                'verbose_name': 'secret ballot',
                'verbose_name_plural': 'secret ballots',
            },
        ),
        migrations.CreateModel(
            name='Suspension',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('began_at', models.DateTimeField(verbose_name='began')),
                ('until', models.DateTimeField(verbose_name='until')),
                ('emergency', models.BooleanField(verbose_name='in an emergency')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='ended')),
                ('end', models.CharField(blank=True, choices=[('over', 'its time was over'), ('lapsed', 'the community did not confirm it in time'), ('rejected', 'the community did not confirm it'), ('decided', 'the community ended it')], max_length=8, verbose_name='why it ended')),
                ('decision', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='suspensions', to='governance.decision')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='suspensions', to=settings.AUTH_USER_MODEL)),
                ('suspended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'suspension',
                'verbose_name_plural': 'suspensions',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='VotingRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=60, verbose_name='kind')),
                ('number', models.PositiveIntegerField(verbose_name='version')),
                ('method', models.CharField(choices=[('majority', 'majority'), ('supermajority', 'supermajority'), ('consent', 'consent'), ('consensus', 'consensus')], max_length=16, verbose_name='method')),
                ('quorum_num', models.PositiveSmallIntegerField()),
                ('quorum_den', models.PositiveSmallIntegerField()),
                ('threshold_num', models.PositiveSmallIntegerField()),
                ('threshold_den', models.PositiveSmallIntegerField()),
                ('hours', models.PositiveIntegerField(verbose_name='length in hours')),
                ('secret', models.BooleanField(verbose_name='secret')),
                ('propose_roles', models.JSONField(verbose_name='who may propose')),
                ('vote_roles', models.JSONField(verbose_name='who may vote')),
                ('leavers_stay', models.BooleanField(verbose_name='who leaves still counts')),
                ('made_at', models.DateTimeField(verbose_name='in force since')),
                ('seal', models.CharField(editable=False, max_length=128)),
                ('decision', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='voting_rules', to='governance.decision')),
            ],
            options={
                'verbose_name': 'voting rule',
                'verbose_name_plural': 'voting rules',
                'ordering': ['kind', '-number'],
            },
        ),
        migrations.AddField(
            model_name='proposal',
            name='rule',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='proposals', to='governance.votingrule'),
        ),
        migrations.AddField(
            model_name='decision',
            name='rule',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='governance.votingrule'),
        ),
        migrations.AddConstraint(
            model_name='eligibility',
            constraint=models.UniqueConstraint(fields=('proposal', 'member'), name='one_right_to_vote'),
        ),
        migrations.AddConstraint(
            model_name='proposalversion',
            constraint=models.UniqueConstraint(fields=('proposal', 'number'), name='one_proposal_version_of_a_number'),
        ),
        migrations.AddConstraint(
            model_name='reminder',
            constraint=models.UniqueConstraint(fields=('proposal', 'member'), name='one_reminder_for_each_vote'),
        ),
        migrations.AddConstraint(
            model_name='suspension',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('member',), name='one_running_suspension'),
        ),
        migrations.AddConstraint(
            model_name='votingrule',
            constraint=models.UniqueConstraint(fields=('kind', 'number'), name='one_rule_of_a_number'),
        ),
        migrations.AddConstraint(
            model_name='votingrule',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decision', None), ('number', 1)), models.Q(('decision__isnull', False), ('number__gt', 1)), _connector='OR'), name='later_rules_have_decisions'),
        ),
        migrations.AddIndex(
            model_name='proposal',
            index=models.Index(fields=['state', 'closes_at'], name='proposal_due'),
        ),
        migrations.AddConstraint(
            model_name='proposal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'open'), _negated=True), models.Q(('closes_at__gt', models.F('opened_at')), ('opened_at__isnull', False), ('rule__isnull', False)), _connector='OR'), name='open_proposals_have_rule_and_deadline'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('proposal__isnull', False), ('rule__isnull', False)), models.Q(('outcome', 'carried_out'), ('proposal', None), ('rule', None)), _connector='OR'), name='decisions_come_from_a_vote_or_the_founding'),
        ),
        # The triggers come last: they belong to the tables as they are now.
        AppendOnly('Decision'),
        AppendOnly('VotingRule'),
        AppendOnly('Proposal', update_when=PROPOSAL_UPDATES),
        AppendOnly('ProposalVersion', may_clear=['author']),
        AddedOnlyWhile('ProposalVersion', 'draft'),
        AppendOnly('Eligibility', may_clear=['member']),
        AddedOnlyWhile('Eligibility', 'draft'),
        AppendOnly('Ballot'),
        AddedOnlyWhile('Ballot', 'open'),
        AppendOnly('Participation'),
        AddedOnlyWhile('Participation', 'open'),
        AppendOnly('SecretBallot'),
        AddedOnlyWhile('SecretBallot', 'open'),
    ]
