import uuid

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from community_ai.core.append_only import AppendOnly


class Migration(migrations.Migration):

    dependencies = [
        ('consent', '0006_dormancy'),
        ('governance', '0005_feedback'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='RetentionRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('data', models.CharField(max_length=40, verbose_name='kind of data')),
                ('days', models.PositiveIntegerField(validators=[django.core.validators.MinValueValidator(1)], verbose_name='days')),
                ('made_at', models.DateTimeField(verbose_name='in force since')),
                ('seal', models.CharField(editable=False, max_length=128)),
                ('decision', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='governance.decision')),
            ],
            options={
                'verbose_name': 'rule of retention',
                'verbose_name_plural': 'rules of retention',
                'ordering': ['data', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='SignIn',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('hour', models.DateTimeField(verbose_name='signed in')),
                ('browser', models.CharField(max_length=24, verbose_name='browser')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'sign-in',
                'verbose_name_plural': 'sign-ins',
                'ordering': ['-hour', 'browser'],
                'constraints': [models.UniqueConstraint(fields=('member', 'hour', 'browser'), name='one_sign_in_an_hour')],
            },
        ),
        AppendOnly('RetentionRule'),
    ]
