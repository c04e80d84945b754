"""The WSGI entry point: `gunicorn --config packetpost/web/server.py app:app`."""

from packetpost import create_app

app = create_app()
