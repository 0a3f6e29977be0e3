"""A client lists what it asked for, also by state: two steps into an index, whatever others have asked for."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("credit", "0033_changes_name_their_task")]

    operations = [
        migrations.AddIndex(
            model_name="changerequest",
            index=models.Index(
                fields=["by_client", "id"], condition=Q(by_client__isnull=False), name="requests_of_client"
            ),
        ),
        migrations.AddIndex(
            model_name="changerequest",
            index=models.Index(
                fields=["by_client", "state", "id"],
                condition=Q(by_client__isnull=False),
                name="requests_of_client_by_state",
            ),
        ),
    ]
