"""Fixtures that several suites share: a real server, and the app with its test client for what needs no sockets."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from packetpost import create_app
from packetpost.web.services import Services
from tests.running import Server


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """Start servers with settings of one's own; all are stopped after the module."""
    started: list[Server] = []

    def start(**environ: str) -> Server:
        server = Server(tmp_path_factory.mktemp("server"), **environ)
        started.append(server)
        return server.start()

    yield start
    for server in started:
        server.stop()


@pytest.fixture(scope="module")
def server(serve: Callable[..., Server]) -> Server:
    """A server with the default settings, rate limits off."""
    return serve()


@pytest.fixture
def make_app(tmp_path: Path) -> Callable[..., Flask]:
    """Make the app in this process, with settings of one's own."""

    def make(**environ: str) -> Flask:
        settings = {"PACKETPOST_DATA_DIR": str(tmp_path / "data"), "PACKETPOST_RATE_LIMITS": "off", **environ}
        return create_app(settings)

    return make


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app()


@pytest.fixture
def services(app: Flask) -> Services:
    made: Services = app.extensions["packetpost"]
    return made


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
