"""What a web server loads: `gunicorn wsgi:app`."""

from marketplace.app import create_app
from marketplace.core import jobs

app = create_app()
jobs.init_worker(app)
