"""Builds the Flask app around the services: guard, limits, problems, views, commands."""

from pathlib import Path

from flask import Flask

from packetpost.web.assets import static_files
from packetpost.web.http import guard, limits, metrics, origin, page_compression, problems, request_log
from packetpost.web.http.services import Services
from packetpost.web.links import abuse_reports, altered_addresses, api, download_views, link_views, pages, tus_api
from packetpost.web.live import live_pages, road_api, seat_socket, signals_api, transfer_api
from packetpost.web.operator import commands, health, self_check, well_known
from packetpost.web.serving import connections

_ROOT = Path(__file__).parent.parent.parent
STATIC = _ROOT / "static"
# Forms without files: a manifest of the most files with the longest paths stays below this. Files never pass here.
_MOST_FORM_BYTES = 16 * 1024**2


def build(services: Services) -> Flask:
    """The WSGI app. Templates and static files lie beside the package, at the repository's top."""
    app = Flask("packetpost", template_folder=str(_ROOT / "templates"), static_folder=None)
    app.extensions["packetpost"] = services
    app.url_map.strict_slashes = False  # a slash at the end is typed, pasted and documented everywhere
    app.config.update(MAX_CONTENT_LENGTH=_MOST_FORM_BYTES, MAX_FORM_MEMORY_SIZE=_MOST_FORM_BYTES)
    app.jinja_env.filters.update(filesize=link_views.filesize, duration=link_views.duration)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    settings = services.settings
    origin.init(app, settings.public_url)  # before what tells whom proxies speak for is put around it
    guard.init(app, services.records.secret, settings.proxy_hops)
    request_log.init(app, believes_proxy=settings.proxy_hops > 0)
    metrics.count_errors()
    if settings.proxy_hops:
        connections.count_requests(app, settings.connections)
    limits.init(app, settings.rate_limits, services.rate_options)
    problems.init(app)
    altered_addresses.init(app)
    page_compression.init(app)
    static_files.init(app, STATIC)
    app.jinja_env.globals.update(absolute=origin.absolute, local=origin.local)
    app.jinja_env.globals["complaints"] = abuse_reports.COMPLAINTS
    app.config["SOCK_SERVER_OPTIONS"] = seat_socket.OPTIONS
    for room in (
        pages,
        api,
        tus_api,
        download_views,
        health,
        live_pages,
        transfer_api,
        seat_socket,
        signals_api,
        road_api,
        abuse_reports,
        self_check,
        well_known,
    ):
        app.register_blueprint(room.bp)
    commands.init(app)
    return app
