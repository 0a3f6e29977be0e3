"""Every setting of the portal, in one file. What may differ between machines is read from the environment.

Nothing has to be set: without any variable the portal runs on SQLite and a Celery broker made of files, both in `var/`.
`docs/operations.md` lists the variables.
"""

import os
import secrets
import tempfile
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# What the portal writes on its own machine: SQLite, the file broker, the beat schedule, collected static files.
VAR_DIR = Path(env.str("PORTAL_VAR_DIR", default=str(BASE_DIR / "var")))
VAR_DIR.mkdir(parents=True, exist_ok=True)


def kept_secret_key(path: Path) -> str:
    """The key of this installation, made once. Linking a finished file: two first starts agree on one key."""
    if not path.exists():
        handle, draft = tempfile.mkstemp(dir=path.parent)
        with open(handle, "w") as file:
            file.write(secrets.token_urlsafe(64))
        with suppress(FileExistsError):
            os.link(draft, path)
        os.unlink(draft)
    return path.read_text()


# --- The site -------------------------------------------------------------------------------------

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="") or kept_secret_key(VAR_DIR / "secret_key")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
ROOT_URLCONF = "finance_portal.urls"
WSGI_APPLICATION = "finance_portal.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "organizations",
    "credit",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    # Also under `runserver`, static files come from WhiteNoise: what is looked at is what is deployed.
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_filters",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_htmx",
    "csp",
    "bootstrap",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "finance_portal.compressing.CompressedPages",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    # After the session, as Django wants it. The API answers in English, whatever the caller's language.
    "credit.languages.PortalLanguage",
    "django.middleware.common.CommonMiddleware",
    "credit.origins.FromWhere",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # A page is closed unless it says otherwise: a forgotten decorator must not show a customer's money.
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "credit.viewer.look_as_chosen",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "credit.replica.SavedUpTo",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# English is the source; locale/ holds the other language, complete (tests/translations).
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_AGE = int(timedelta(days=365).total_seconds())
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_HTTPONLY = True
USE_I18N = True
TIME_ZONE = "UTC"
USE_TZ = True

# --- Databases ------------------------------------------------------------------------------------

DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'portal.sqlite3'}")}
_database = DATABASES["default"]
# Connections stay open: the web server has a fixed, small number of threads and each keeps one. A pool would add a
# hand-over to every request and lend nothing; a broken connection is noticed by the health check and replaced.
_database.setdefault("CONN_MAX_AGE", 600)
_database.setdefault("CONN_HEALTH_CHECKS", True)
if _database["ENGINE"] == "django.db.backends.sqlite3":
    _database["OPTIONS"] = {
        # A transaction takes the write lock when it begins, so what it decides on cannot change under it.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # FULL, not NORMAL: in WAL mode NORMAL may lose the last commits when the power fails, and a charge that was
        # answered "accepted" must still be there afterwards.
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
            "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-32000; PRAGMA journal_size_limit=67108864"
        ),
        **_database.get("OPTIONS", {}),
    }
    # A file, not memory: threads and a real worker must be able to open the database of a test.
    _database["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}

# A machine that vanishes says no goodbye. Without these a connection to it would wait for a quarter of an hour; a URL
# may say otherwise. Behind several hosts (postgresql://one:5432,two:5432/…?target_session_attrs=read-write) a new
# connection finds the one that takes writes.
_noticed = {
    "connect_timeout": 5,
    "tcp_user_timeout": 15_000,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
}
if _database["ENGINE"] == "django.db.backends.postgresql":
    # Statements that come again are prepared once per connection: planning the charge statement costs as much as
    # running it. Behind a pooler that hands a connection on after each transaction, set it to -1 (never).
    _threshold = env.int("DATABASE_PREPARE_THRESHOLD", default=5)
    _prepares = {"prepare_threshold": _threshold if _threshold >= 0 else None}
    _database["OPTIONS"] = {**_noticed, **_prepares, **_database.get("OPTIONS", {})}

# A streaming replica for pages and downloads that may be old (credit/replica.py). What decides never reads it.
DATABASE_ROUTERS = ["credit.replica.Router"]
REPLICA_OLDEST_SECONDS = env.int("REPLICA_OLDEST_SECONDS", default=60)
if env.str("REPLICA_DATABASE_URL", default=""):
    _replica = env.db_url("REPLICA_DATABASE_URL")
    if not _replica["ENGINE"] == _database["ENGINE"] == "django.db.backends.postgresql":
        raise ImproperlyConfigured("REPLICA_DATABASE_URL needs PostgreSQL there and in DATABASE_URL.")
    _replica["OPTIONS"] = {
        **_noticed,
        **_prepares,
        "connect_timeout": 2,
        "tcp_user_timeout": 3000,
        "options": "-c default_transaction_read_only=on",
        **_replica.get("OPTIONS", {}),
    }
    DATABASES["replica"] = {
        **_replica,
        "CONN_MAX_AGE": _database["CONN_MAX_AGE"],
        "CONN_HEALTH_CHECKS": True,
        "TEST": {"MIRROR": "default"},
    }

# --- People and sessions --------------------------------------------------------------------------

LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/sign-in/"
AUTHENTICATION_BACKENDS = ["credit.sign_in.CountedBackend"]
# So many failed tries under one name, within so many minutes, and the name has to wait.
SIGN_IN_TRIES = env.int("SIGN_IN_TRIES", default=10)
SIGN_IN_MINUTES = env.int("SIGN_IN_MINUTES", default=15)
SESSION_ENGINE = "credit.sessions"
SESSION_COOKIE_AGE = int(timedelta(hours=env.int("SESSION_HOURS", default=12)).total_seconds())
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# --- What a browser may do ------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
# HTTPS=1 says that people reach the portal over HTTPS, directly or through a proxy that sets X-Forwarded-Proto.
HTTPS = env.bool("HTTPS", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=0)
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# So many proxies of our own stand before the portal and add the caller's address to X-Forwarded-For.
PORTAL_PROXIES = env.int("PORTAL_PROXIES", default=0)

# --- Static files ---------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "static"]
_plain_static_files = "django.contrib.staticfiles.storage.StaticFilesStorage"
_hashed_static_files = "whitenoise.storage.CompressedManifestStaticFilesStorage"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": _plain_static_files if DEBUG else _hashed_static_files},
}
WHITENOISE_USE_FINDERS = DEBUG

# --- Mail and log ---------------------------------------------------------------------------------

EMAIL_URL = env.str("EMAIL_URL", default="")
if EMAIL_URL:
    vars().update(env.email_url("EMAIL_URL"))
else:
    # Nothing leaves the machine: what would be sent is a file that one can read.
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(VAR_DIR / "mail")
EMAIL_TIMEOUT = 30  # for each answer of the mail server
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="finance-portal@localhost")
# Django by itself is silent about errors when DEBUG is off; the supervisor or the service manager keeps stderr.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {"django": {"handlers": ["stderr"], "level": "INFO", "propagate": False}},
}

# --- Celery ---------------------------------------------------------------------------------------

REDIS_URL = env.str("REDIS_URL", default="")
if REDIS_URL:
    CELERY_BROKER_URL = REDIS_URL
    # With late acknowledgement Redis hands a task out again after this time, so it must exceed the longest task.
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {
        "visibility_timeout": 3600,
        # A broker that vanishes without a word: a worker or beat turns to the next one within seconds, not never.
        "socket_connect_timeout": 3,
        "socket_timeout": 10,
        "socket_keepalive": True,
        "health_check_interval": 5,
    }
    if REDIS_URL.startswith("sentinel://"):
        CELERY_BROKER_TRANSPORT_OPTIONS["master_name"] = env.str("REDIS_SENTINEL_MASTER", default="mymaster")
else:
    _broker_dir = VAR_DIR / "broker"
    _broker_dir.joinpath("control").mkdir(parents=True, exist_ok=True)
    _broker_dir.joinpath("messages").mkdir(exist_ok=True)
    CELERY_BROKER_URL = "filesystem://localhost"
    CELERY_BROKER_TRANSPORT = "finance_portal.file_broker:Transport"
    # Without Redis a pool of processes reads its tasks from one pipe under one lock, which the process that waits
    # holds: if that one is killed, the lock stays taken, and the worker does nothing more until it is restarted.
    CELERY_WORKER_POOL = "threads"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_broker_dir / "messages"),
        "data_folder_out": str(_broker_dir / "messages"),
        "control_folder": str(_broker_dir / "control"),
    }

CELERY_TIMEZONE = "UTC"
# Portals that share one Redis each need a name here.
CELERY_TASK_DEFAULT_QUEUE = env.str("CELERY_QUEUE", default="portal")
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
# Nobody waits for a task's result: what a job did is written by the job itself.
CELERY_TASK_IGNORE_RESULT = True
# Every task may run twice, none may get lost: acknowledged when done, handed out again when its worker dies.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")


def every(seconds: int, job: str) -> dict[str, object]:
    """A job that beat asks for at this pace. A request that no worker took in time is dropped: the next does it."""
    return {"task": f"credit.tasks.{job}", "schedule": seconds, "options": {"expires": seconds}}


CELERY_BEAT_SCHEDULE = {
    "book ended limits": every(30, "book_ended_limits"),
    "close due periods": every(20, "close_due_periods"),
    "refresh copies": every(20, "refresh_copies"),
    "release expired holds": every(60, "release_expired_holds"),
    "issue invoices": every(300, "issue_invoices"),
    "reconcile wallets": every(3600, "reconcile_wallets"),
    "count exposure": every(300, "count_exposure"),
    "drive uploads": every(30, "drive_uploads"),
    "drive bulk changes": every(30, "drive_bulk_changes"),
    "send documents": every(60, "send_documents"),
    "remind of overdue invoices": every(3600, "remind_overdue"),
    "suspend overdue": every(3600, "suspend_overdue"),
    "seal what is written": every(300, "seal_what_is_written"),
    "verify seals": every(86_400, "verify_seals"),
    "add up revenue": every(300, "add_up_revenue"),
    "check revenue": every(86_400, "check_revenue"),
    "book kept promises": every(600, "book_kept_promises"),
    "watch wallets": every(15, "watch_wallets"),
    "send alerts": every(15, "send_alert_mails"),
    "call webhooks": every(15, "call_webhooks"),
}

# --- The portal's own choices (product.md names each) ---------------------------------------------

CREDIT_TEMPORARY_LIMIT_FOR_POSTPAID = env.bool("CREDIT_TEMPORARY_LIMIT_FOR_POSTPAID", default=False)
CREDIT_LONGEST_TEMPORARY_LIMIT_DAYS = env.int("CREDIT_LONGEST_TEMPORARY_LIMIT_DAYS", default=366)
# A permanent limit is to be looked at again after so many months, unless a day is given.
CREDIT_LIMIT_REVIEW_MONTHS = env.int("CREDIT_LIMIT_REVIEW_MONTHS", default=12)
CREDIT_DEFAULT_HOLD_LIFE_SECONDS = env.int("CREDIT_DEFAULT_HOLD_LIFE_SECONDS", default=86_400)
CREDIT_LONGEST_HOLD_LIFE_DAYS = env.int("CREDIT_LONGEST_HOLD_LIFE_DAYS", default=62)
CREDIT_STATEMENT_COUNTS_AS_OVERDUE = env.bool("CREDIT_STATEMENT_COUNTS_AS_OVERDUE", default=False)
CREDIT_INVOICE_PREFIX = env.str("CREDIT_INVOICE_PREFIX", default="INV")
CREDIT_INVOICE_DUE_DAYS = env.int("CREDIT_INVOICE_DUE_DAYS", default=30)
# How long a draft waits after the close, so that finance can look before it is issued and sent.
CREDIT_INVOICE_REVIEW_HOURS = env.int("CREDIT_INVOICE_REVIEW_HOURS", default=0)
# Of the time that a transaction of the close took, its worker then leaves the database to charges; 0: none of it.
CREDIT_CLOSE_PAUSE_PERCENT = env.int("CREDIT_CLOSE_PAUSE_PERCENT", default=150)
# Days after the due date on which a reminder goes out; none without entries.
CREDIT_REMINDER_DAYS = [int(days) for days in env.list("CREDIT_REMINDER_DAYS", default=["3", "10", "20"])]
# An organization with an invoice open for longer than this past its due date is suspended; 0 never suspends.
CREDIT_SUSPEND_AFTER_OVERDUE_DAYS = env.int("CREDIT_SUSPEND_AFTER_OVERDUE_DAYS", default=0)
# Stops a client that runs wild, not one that works hard: 5,000 a second.
CREDIT_API_REQUESTS_PER_MINUTE = env.int("CREDIT_API_REQUESTS_PER_MINUTE", default=300_000)
# How long a request waits for a wallet that another one has locked, before it is told to try again.
CREDIT_API_LOCK_TIMEOUT_SECONDS = env.int("CREDIT_API_LOCK_TIMEOUT_SECONDS", default=10)
# A web process looks a client up again after this; a revoked credential is refused everywhere by then.
CREDIT_API_CLIENT_KEPT_SECONDS = env.int("CREDIT_API_CLIENT_KEPT_SECONDS", default=2)
# Usage files that were sent through the portal. Web and workers need to see the same directory; nothing serves it.
CREDIT_UPLOAD_DIR = env.str("CREDIT_UPLOAD_DIR", default=str(VAR_DIR / "uploads"))
CREDIT_UPLOAD_LARGEST_BYTES = env.int("CREDIT_UPLOAD_LARGEST_BYTES", default=1024**3)  # packed and unpacked
CREDIT_UPLOAD_KEPT_DAYS = env.int("CREDIT_UPLOAD_KEPT_DAYS", default=30)
# Alerts are news: older ones are forgotten, with what was sent of them.
CREDIT_ALERTS_KEPT_DAYS = env.int("CREDIT_ALERTS_KEPT_DAYS", default=400)
# What is sealed in batches, so that a change behind the portal's back is found out: the audit trail and the ledger.
CREDIT_SEALED = env.list("CREDIT_SEALED", default=["changes", "ledger"])
# The zone in which a viewer reads instants unless they chose their own.
PORTAL_TIME_ZONE = env.str("PORTAL_TIME_ZONE", default="Europe/Bratislava")
# Shows "Demo data" in the header, so that nobody takes the demo for the real thing.
PORTAL_DEMO = env.bool("PORTAL_DEMO", default=False)
# Issued invoices and reminders go to the customer by e-mail. In the demo they become files in var/mail.
CREDIT_SEND_BY_EMAIL = env.bool("CREDIT_SEND_BY_EMAIL", default=bool(EMAIL_URL) or PORTAL_DEMO)
# The right half of every Message-ID; it should stay the same for good.
CREDIT_MESSAGE_ID_DOMAIN = env.str(
    "CREDIT_MESSAGE_ID_DOMAIN", default=DEFAULT_FROM_EMAIL.rstrip(">").rpartition("@")[2] or "localhost"
)
# Where people reach the portal, such as https://finance.example.com: for links in e-mails to finance.
PORTAL_URL = env.str("PORTAL_URL", default="")
# Networks inside which webhooks may lie, and there without HTTPS; the portal else calls public addresses only.
CREDIT_WEBHOOK_PRIVATE_NETWORKS: list[str] = env.list("CREDIT_WEBHOOK_PRIVATE_NETWORKS", default=[])
# Fonts for documents beyond Latin, Greek and Cyrillic, such as /usr/share/fonts/opentype/noto for Chinese names.
CREDIT_DOCUMENT_FONTS_DIR = env.str("CREDIT_DOCUMENT_FONTS_DIR", default="")
