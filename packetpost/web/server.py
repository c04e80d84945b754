"""The old address of gunicorn's settings, kept for one release: use `packetpost/web/serving/gunicorn_conf.py`."""

from packetpost.web.serving.gunicorn_conf import *  # noqa: F403
