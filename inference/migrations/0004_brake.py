import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from community_ai.core.append_only import AppendOnly


class Migration(migrations.Migration):

    dependencies = [
        ('governance', '0003_decisions'),
        ('inference', '0003_behaviour_decisions'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveField(
            model_name='behaviourversion',
            name='provisional',
        ),
        migrations.AlterField(
            model_name='behaviourversion',
            name='decision',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='behaviour_version', to='governance.decision'),
        ),
        migrations.AlterField(
            model_name='behaviourversion',
            name='made_at',
            field=models.DateTimeField(verbose_name='in force since'),
        ),
        migrations.AlterField(
            model_name='behaviourversion',
            name='number',
            field=models.PositiveIntegerField(unique=True, verbose_name='version'),
        ),
        migrations.AddField(
            model_name='modelfile',
            name='seal',
            field=models.CharField(blank=True, editable=False, max_length=128),
        ),
        migrations.CreateModel(
            name='Brake',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('mode', models.CharField(choices=[('pause', 'The AI stops answering'), ('previous', 'The AI answers as it did before its last change')], max_length=8, verbose_name='what it does')),
                ('pulled_at', models.DateTimeField(verbose_name='pulled')),
                ('until', models.DateTimeField(verbose_name='lapses')),
                ('seal', models.CharField(editable=False, max_length=128)),
                ('pulled_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('ratification', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='brake', to='governance.proposal')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='brakes', to='inference.behaviourversion')),
            ],
            options={
                'verbose_name': 'emergency brake',
                'verbose_name_plural': 'emergency brakes',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='BrakeRelease',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('released_at', models.DateTimeField(verbose_name='released')),
                ('seal', models.CharField(editable=False, max_length=128)),
                ('brake', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='release', to='inference.brake')),
                ('decision', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='brake_release', to='governance.decision')),
            ],
            options={
                'verbose_name': 'release of the brake',
                'verbose_name_plural': 'releases of the brake',
                'ordering': ['-pk'],
            },
        ),
        # The triggers come last: they belong to the tables as they are now.
        AppendOnly('BehaviourVersion'),
        AppendOnly('Brake', may_clear=['pulled_by']),
        AppendOnly('BrakeRelease'),
    ]
