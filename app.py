"""The WSGI entry point: `gunicorn --config packetpost/web/serving/gunicorn_conf.py app:app`."""

from packetpost import create_app

app = create_app()
