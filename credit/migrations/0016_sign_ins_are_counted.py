"""Failed tries to sign in, counted where all web servers see them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("credit", "0015_what_ends_is_found_in_order")]

    operations = [
        migrations.CreateModel(
            name="SignInTries",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name_digest", models.CharField(max_length=64, unique=True)),
                ("since", models.DateTimeField(db_index=True)),
                ("count", models.PositiveIntegerField(default=1)),
            ],
            options={"verbose_name_plural": "sign-in tries"},
        )
    ]
