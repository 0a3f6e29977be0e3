"""The portal as it is served, with the addresses of `benchmarks.charging.urls`."""

from django.conf import settings

from finance_portal.wsgi import get_wsgi_application

settings.ROOT_URLCONF = "benchmarks.charging.urls"
application = get_wsgi_application()
