from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('consent', '0007_retention'),
    ]

    operations = [
        migrations.AlterField(
            model_name='grant',
            name='way',
            field=models.CharField(choices=[('welcome', 'on the first visit'), ('page', 'on the page of my consents'), ('entry', 'in the form of an entry'), ('import', 'when bringing a file'), ('correction', 'when teaching the AI a better answer'), ('memory', 'when giving the AI something to remember')], max_length=16),
        ),
    ]
