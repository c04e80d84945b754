"""The WSGI entry point: `gunicorn --config packetpost/web/server.py app:app`."""

import logging

from packetpost import create_app

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
app = create_app()
