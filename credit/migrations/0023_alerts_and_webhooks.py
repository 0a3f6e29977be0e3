"""What is watched, what was told and how far it was sent; and the addresses of other systems that hear of it."""

import uuid

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import credit.models.alert


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("credit", "0022_limits_are_reviewed"),
    ]

    operations = [
        migrations.CreateModel(
            name="AlertFeed",
            fields=[
                ("name", models.CharField(max_length=20, primary_key=True, serialize=False)),
                ("done_pk", models.BigIntegerField(help_text="Every row up to here was looked at.")),
                ("safe_pk", models.BigIntegerField(help_text="No row up to here can still be committed.")),
                ("seen_pk", models.BigIntegerField(help_text="The last row at seen_at.")),
                ("seen_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="AlertReader",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("read_up_to", models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="AlertEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("at", models.DateTimeField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("percent", "Part of the limit used"),
                            ("amount", "Usable credit low"),
                            ("blocked", "Blocked"),
                            ("ending", "Temporary limit ends soon"),
                            ("recovered", "Recovered"),
                        ],
                        max_length=9,
                    ),
                ),
                (
                    "threshold",
                    models.BigIntegerField(default=0, help_text="Percent, micros or days; 0 for blocked."),
                ),
                (
                    "covers",
                    models.JSONField(default=list, help_text="The thresholds that were crossed in one step."),
                ),
                ("standing", models.CharField(max_length=9)),
                ("usable_micros", models.BigIntegerField(blank=True, null=True)),
                ("limit_micros", models.BigIntegerField(blank=True, null=True)),
                ("used_micros", models.BigIntegerField(default=0)),
                ("used_percent", models.BigIntegerField(blank=True, null=True)),
                ("limit_ends_at", models.DateTimeField(blank=True, null=True)),
                ("falls_back_to_micros", models.BigIntegerField(blank=True, null=True)),
                (
                    "wallet",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="alerts",
                        to="credit.wallet",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="AlertPace",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("leased_until", models.DateTimeField(blank=True, null=True)),
                (
                    "sweep_after_pk",
                    models.BigIntegerField(blank=True, help_text="Empty: no round is running.", null=True),
                ),
                (
                    "quiet_before",
                    models.DateTimeField(
                        blank=True,
                        help_text="In a round, what has not changed since is not told: it was so before.",
                        null=True,
                    ),
                ),
                ("swept_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="there_is_one_alert_pace")
                ],
            },
        ),
        migrations.CreateModel(
            name="AlertRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("by_name", models.CharField(max_length=150)),
                (
                    "currency",
                    models.CharField(
                        blank=True, help_text="A default's; empty: of every currency.", max_length=3
                    ),
                ),
                ("is_on", models.BooleanField(default=True)),
                ("percents", models.JSONField(default=credit.models.alert._one_percent)),
                (
                    "usable_micros",
                    models.JSONField(default=list, help_text="Amounts of usable credit, in micros."),
                ),
                ("days_ahead", models.JSONField(default=credit.models.alert._one_day_count)),
                ("tells_blocked", models.BooleanField(default=True)),
                ("tells_recovered", models.BooleanField(default=True)),
                ("to_customer", models.BooleanField(default=False)),
                (
                    "to_staff",
                    models.JSONField(default=list, help_text="E-mail addresses of people in finance."),
                ),
                (
                    "hysteresis_percent",
                    models.PositiveSmallIntegerField(
                        default=5,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(50),
                        ],
                    ),
                ),
                (
                    "cooldown_minutes",
                    models.PositiveIntegerField(
                        default=60, validators=[django.core.validators.MaxValueValidator(10080)]
                    ),
                ),
                ("changed_at", models.DateTimeField()),
                (
                    "by_user",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "wallet",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="alert_rule",
                        to="credit.wallet",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "permissions": [("manage_alerts", "Can set alert rules and send alerts again")],
            },
        ),
        migrations.CreateModel(
            name="AlertWatch",
            fields=[
                (
                    "wallet",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="alert_watch",
                        serialize=False,
                        to="credit.wallet",
                    ),
                ),
                ("latches", models.JSONField(default=dict)),
                ("next_look_at", models.DateTimeField(blank=True, null=True)),
                (
                    "blocked_since",
                    models.DateTimeField(
                        blank=True, help_text="Empty where it was blocked before anybody watched.", null=True
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "alert watches",
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_look_at__isnull", False)),
                        fields=["next_look_at", "wallet"],
                        name="alert_watch_by_next_look",
                    ),
                    models.Index(
                        condition=models.Q(("blocked_since__isnull", False)),
                        fields=["blocked_since"],
                        name="alert_watch_blocked",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Webhook",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("by_name", models.CharField(max_length=150)),
                ("name", models.CharField(max_length=100)),
                ("url", models.URLField(max_length=500, verbose_name="address")),
                (
                    "kinds",
                    models.JSONField(default=list, help_text="Kinds of alert that it hears of; empty: all."),
                ),
                ("created_at", models.DateTimeField()),
                ("paused_at", models.DateTimeField(blank=True, null=True)),
                ("removed_at", models.DateTimeField(blank=True, null=True)),
                ("salt", models.CharField(max_length=43)),
                ("fingerprint", models.CharField(help_text="SHA-256 of the secret.", max_length=64)),
                ("old_salt", models.CharField(blank=True, max_length=43)),
                ("old_fingerprint", models.CharField(blank=True, max_length=64)),
                (
                    "old_ends_at",
                    models.DateTimeField(blank=True, help_text="Until then both secrets sign.", null=True),
                ),
                (
                    "by_user",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["name", "pk"],
                "permissions": [("manage_webhooks", "Can create, change and remove webhooks")],
            },
        ),
        migrations.CreateModel(
            name="AlertSend",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "audience",
                    models.CharField(
                        choices=[("customer", "Customer"), ("staff", "Finance"), ("webhook", "Webhook")],
                        max_length=8,
                    ),
                ),
                ("recipient", models.EmailField(blank=True, max_length=254)),
                ("created_at", models.DateTimeField()),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("next_try_at", models.DateTimeField()),
                ("claimed_at", models.DateTimeField(blank=True, null=True)),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("failed_at", models.DateTimeField(blank=True, null=True)),
                ("error", models.TextField(blank=True)),
                (
                    "event",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sends",
                        to="credit.alertevent",
                    ),
                ),
                (
                    "webhook",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sends",
                        to="credit.webhook",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.AddIndex(
            model_name="alertevent",
            index=models.Index(fields=["wallet", "-id"], name="alert_event_by_wallet"),
        ),
        migrations.AddIndex(
            model_name="alertevent",
            index=models.Index(fields=["kind", "-id"], name="alert_event_by_kind"),
        ),
        migrations.AddConstraint(
            model_name="alertrule",
            constraint=models.UniqueConstraint(
                condition=models.Q(("wallet__isnull", True)),
                fields=("currency",),
                name="one_default_alert_rule_per_currency",
            ),
        ),
        migrations.AddConstraint(
            model_name="alertrule",
            constraint=models.CheckConstraint(
                condition=models.Q(("wallet__isnull", True), ("currency", ""), _connector="OR"),
                name="a_wallets_own_alert_rule_has_its_currency",
            ),
        ),
        migrations.AddConstraint(
            model_name="alertrule",
            constraint=models.CheckConstraint(
                condition=models.Q(("hysteresis_percent__lte", 50)), name="hysteresis_is_at_most_half"
            ),
        ),
        migrations.AddConstraint(
            model_name="webhook",
            constraint=models.UniqueConstraint(
                condition=models.Q(("removed_at__isnull", True)),
                fields=("name",),
                name="one_webhook_of_a_name",
            ),
        ),
        migrations.AddIndex(
            model_name="alertsend",
            index=models.Index(
                condition=models.Q(
                    ("claimed_at__isnull", True), ("failed_at__isnull", True), ("sent_at__isnull", True)
                ),
                fields=["next_try_at", "id"],
                name="alert_send_waiting",
            ),
        ),
        migrations.AddIndex(
            model_name="alertsend",
            index=models.Index(
                condition=models.Q(("sent_at__isnull", True)), fields=["id"], name="alert_send_not_sent"
            ),
        ),
        migrations.AddConstraint(
            model_name="alertsend",
            constraint=models.UniqueConstraint(
                condition=models.Q(("recipient", ""), _negated=True),
                fields=("event", "recipient"),
                name="one_mail_per_alert_and_recipient",
            ),
        ),
        migrations.AddConstraint(
            model_name="alertsend",
            constraint=models.UniqueConstraint(
                condition=models.Q(("webhook__isnull", False)),
                fields=("event", "webhook"),
                name="one_call_per_alert_and_webhook",
            ),
        ),
        migrations.AddConstraint(
            model_name="alertsend",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("audience", "webhook"), ("webhook__isnull", False), ("recipient", "")),
                    models.Q(
                        models.Q(("audience", "webhook"), _negated=True),
                        ("webhook__isnull", True),
                        models.Q(("recipient", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="an_alert_goes_to_an_address_or_a_webhook",
            ),
        ),
        migrations.AddConstraint(
            model_name="alertsend",
            constraint=models.CheckConstraint(
                condition=models.Q(("sent_at__isnull", True), ("failed_at__isnull", True), _connector="OR"),
                name="an_alert_send_is_sent_or_failed",
            ),
        ),
    ]
