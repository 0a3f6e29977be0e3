"""Two orders of the copies can be walked with the facet, without a look at anything else."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("credit", "0037_no_word_of_a_name_begins_with_a_sign"),
        ("organizations", "0002_what_stands_on_a_bill"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="walletcopy",
            index=models.Index(fields=["name", "organization", "wallet", "facet"], name="copy_by_name"),
        ),
        migrations.AddIndex(
            model_name="walletcopy",
            index=models.Index(fields=["public_id", "wallet", "facet"], name="copy_by_wallet_id"),
        ),
    ]
