"""The web server's entry: `granian --interface wsgi finance_portal.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "finance_portal.settings")

application = get_wsgi_application()
