import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import consent.fields


class Migration(migrations.Migration):

    dependencies = [
        ('inference', '0008_evaluation'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='answer',
            name='remembered',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.CreateModel(
            name='Remembered',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('text', consent.fields.SealedTextField(editable=True, verbose_name='text')),
                ('source', models.CharField(choices=[('page', 'You wrote it on this page'), ('chat', 'You picked it from what you said to the AI')], max_length=4)),
                ('written_at', models.DateTimeField()),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'fact about a member',
                'verbose_name_plural': 'facts about members',
                'indexes': [models.Index(fields=['member', '-written_at'], name='remembered_newest_first')],
            },
        ),
    ]
