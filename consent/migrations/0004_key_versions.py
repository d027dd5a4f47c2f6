from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("consent", "0003_erasures")]

    operations = [
        migrations.AddField("personalkey", "previous", models.BinaryField(null=True, default=None)),
    ]
