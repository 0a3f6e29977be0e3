from django.db import migrations, models


class Migration(migrations.Migration):
    """It is kept as each language says it, which is longer than one of them."""

    dependencies = [("credit", "0035_names_are_folded_with_their_signs")]

    operations = [
        migrations.AlterField(
            model_name="bulkchange",
            name="chosen",
            field=models.TextField(help_text="Which wallets, in words."),
        ),
    ]
