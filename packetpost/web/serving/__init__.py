"""How bytes pass gunicorn: bodies in and out, bounds on each connection."""
