"""Which time zones are in use is asked by reports: by an index it is a step per zone, not a look at every wallet."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("credit", "0029_replacing_is_no_way_around_append_only")]

    operations = [
        migrations.AddIndex(
            model_name="wallet", index=models.Index(fields=["time_zone"], name="wallet_by_time_zone")
        ),
    ]
