import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('consent', '0005_backups'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='DormancyNotice',
            fields=[
                ('member', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('asked_at', models.DateTimeField(verbose_name='asked')),
                ('erased_at', models.DateTimeField(blank=True, null=True, verbose_name='erased')),
            ],
            options={
                'verbose_name': 'question to a dormant member',
                'verbose_name_plural': 'questions to dormant members',
            },
        ),
    ]
