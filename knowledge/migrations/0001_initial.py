import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models

from community_ai.core.append_only import AppendOnly
from knowledge.guards import ENTRY_UPDATES, GoesWithItsEntry
from knowledge.index.tables import PassageIndex


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('governance', '0003_decisions'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Label',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.SlugField(unique=True, verbose_name='short name')),
            ],
            options={
                'verbose_name': 'label',
                'verbose_name_plural': 'labels',
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='Tag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('key', models.CharField(editable=False, max_length=180, unique=True)),
            ],
            options={
                'verbose_name': 'theme',
                'verbose_name_plural': 'themes',
                'ordering': ['key'],
            },
        ),
        migrations.CreateModel(
            name='Entry',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('term', 'Word'), ('phrase', 'Phrase'), ('note', 'Note'), ('question', 'Question and answer'), ('story', 'Story'), ('document', 'Document')], max_length=16, verbose_name='kind')),
                ('language', models.CharField(max_length=35, verbose_name='language')),
                ('state', models.CharField(choices=[('draft', 'Being written'), ('published', 'Part of our knowledge'), ('retired', 'Put aside'), ('forgotten', 'Being deleted')], default='draft', max_length=16, verbose_name='state')),
                ('title', models.CharField(max_length=500, verbose_name='title')),
                ('title_key', models.CharField(editable=False, max_length=200)),
                ('title_plain', models.CharField(editable=False, max_length=200)),
                ('created_at', models.DateTimeField(verbose_name='added')),
                ('changed_at', models.DateTimeField(verbose_name='changed')),
                ('import_key', models.CharField(blank=True, editable=False, max_length=128, null=True, unique=True)),
                ('author', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='taught by')),
                ('related', models.ManyToManyField(blank=True, to='knowledge.entry', verbose_name='related entries')),
            ],
            options={
                'verbose_name': 'entry',
                'verbose_name_plural': 'entries',
                'ordering': ['title_plain', 'title_key', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='EntryVersion',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField(verbose_name='version')),
                ('title', models.CharField(max_length=500, verbose_name='title')),
                ('body', models.TextField(max_length=200000, verbose_name='text')),
                ('pronunciation', models.CharField(blank=True, max_length=200, verbose_name='pronunciation')),
                ('examples', models.JSONField(blank=True, default=list, verbose_name='examples')),
                ('source', models.CharField(blank=True, max_length=500, verbose_name='where it comes from')),
                ('change_note', models.CharField(blank=True, max_length=300, verbose_name='what changed')),
                ('written_at', models.DateTimeField(verbose_name='written')),
                ('author', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='knowledge.entry')),
            ],
            options={
                'verbose_name': 'version of an entry',
                'verbose_name_plural': 'versions of entries',
                'ordering': ['entry', 'number'],
            },
        ),
        migrations.AddField(
            model_name='entry',
            name='present',
            field=models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='knowledge.entryversion'),
        ),
        migrations.CreateModel(
            name='EntryLabel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('put_at', models.DateTimeField(verbose_name='put on')),
                ('decision', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='governance.decision')),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='knowledge.entry')),
                ('put_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('label', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='knowledge.label')),
            ],
            options={
                'verbose_name': 'label of an entry',
                'verbose_name_plural': 'labels of entries',
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='LabelVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(verbose_name='version')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('text', models.TextField(max_length=2000, verbose_name='text')),
                ('see_roles', models.JSONField(verbose_name='who may see it')),
                ('season', models.JSONField(null=True, verbose_name='when it may be seen')),
                ('quote', models.BooleanField(verbose_name='the AI may quote it')),
                ('learn', models.BooleanField(verbose_name='the AI may learn from it')),
                ('share', models.BooleanField(verbose_name='a neighbour may have it')),
                ('credit', models.CharField(choices=[('name', 'name'), ('community', 'community'), ('none', 'none')], max_length=16, verbose_name='how it is credited')),
                ('ended', models.BooleanField(default=False, verbose_name='ended')),
                ('made_at', models.DateTimeField(verbose_name='in force since')),
                ('seal', models.CharField(editable=False, max_length=128)),
                ('decision', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='governance.decision')),
                ('label', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='knowledge.label')),
            ],
            options={
                'verbose_name': 'version of a label',
                'verbose_name_plural': 'versions of labels',
                'ordering': ['label', '-number'],
            },
        ),
        migrations.CreateModel(
            name='Passage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(verbose_name='version')),
                ('position', models.PositiveIntegerField(verbose_name='place in the text')),
                ('language', models.CharField(max_length=35, verbose_name='language')),
                ('title', models.CharField(max_length=500, verbose_name='title')),
                ('text', models.TextField(verbose_name='text')),
                ('folded', models.TextField(editable=False)),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='knowledge.entry')),
            ],
            options={
                'verbose_name': 'passage',
                'verbose_name_plural': 'passages',
                'ordering': ['entry', 'position'],
            },
        ),
        migrations.AddField(
            model_name='entry',
            name='tags',
            field=models.ManyToManyField(blank=True, related_name='+', to='knowledge.tag', verbose_name='themes'),
        ),
        migrations.CreateModel(
            name='Thanks',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('given_at', models.DateTimeField(verbose_name='given')),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='knowledge.entry')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'thanks',
                'verbose_name_plural': 'thanks',
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='EntryLabelRemoval',
            fields=[
                ('hanging', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='knowledge.entrylabel')),
                ('taken_at', models.DateTimeField(verbose_name='taken off')),
                ('seal', models.CharField(editable=False, max_length=128)),
                ('decision', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='governance.decision')),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='knowledge.entry')),
            ],
            options={
                'verbose_name': 'label taken off an entry',
                'verbose_name_plural': 'labels taken off entries',
                'ordering': ['pk'],
            },
        ),
        migrations.AddConstraint(
            model_name='entryversion',
            constraint=models.UniqueConstraint(fields=('entry', 'number'), name='one_entry_version_of_a_number'),
        ),
        migrations.AddConstraint(
            model_name='labelversion',
            constraint=models.UniqueConstraint(fields=('label', 'number'), name='one_label_version_of_a_number'),
        ),
        migrations.AddConstraint(
            model_name='labelversion',
            constraint=models.CheckConstraint(condition=models.Q(('number', 1), models.Q(('decision__isnull', False), ('number__gt', 1)), _connector='OR'), name='later_labels_have_decisions'),
        ),
        migrations.AddIndex(
            model_name='passage',
            index=models.Index(fields=['entry', 'position'], name='passage_place'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['title_key'], name='entry_title_key'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['title_plain'], name='entry_title_plain'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['state', 'language', 'kind'], name='entry_listing'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['-changed_at'], name='entry_changed'),
        ),
        migrations.AddConstraint(
            model_name='thanks',
            constraint=models.UniqueConstraint(fields=('entry', 'member'), name='one_thanks_from_each'),
        ),
        AppendOnly('entry', update_when=ENTRY_UPDATES, may_delete=True),
        AppendOnly('entryversion', may_clear=['author'], may_delete=True),
        GoesWithItsEntry('entryversion'),
        AppendOnly('label'),
        AppendOnly('labelversion'),
        AppendOnly('entrylabel', may_clear=['put_by'], may_delete=True),
        GoesWithItsEntry('entrylabel'),
        AppendOnly('entrylabelremoval', may_delete=True),
        GoesWithItsEntry('entrylabelremoval'),
        PassageIndex(),
    ]
