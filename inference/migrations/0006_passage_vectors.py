import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('inference', '0002_model_file'),
        ('knowledge', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='PassageVector',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('model', models.CharField(max_length=64)),
                ('whole', models.BinaryField()),
                ('sentences', models.BinaryField()),
                ('passage', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='knowledge.passage')),
            ],
            options={
                'verbose_name': 'vector of a passage',
                'verbose_name_plural': 'vectors of passages',
                'indexes': [models.Index(fields=['model'], name='passage_vector_model')],
            },
        ),
    ]
