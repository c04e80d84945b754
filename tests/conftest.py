"""Fixtures that several suites share: a real server, and the app with its test client for what needs no sockets."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from packetpost import create_app
from packetpost.backends.s3.files import S3Files
from packetpost.web.http.services import Services
from tests.support.coturn_process import Coturn
from tests.support.fleet import Fleet
from tests.support.redis_process import RedisServer
from tests.support.s3_process import S3Server
from tests.support.server_process import Server


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that hold slow tests go first: what is begun last is then short, and nobody waits for one long file."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


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


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Fleet]]:
    """Start several servers over one Redis; all are stopped after the module."""
    started: list[Fleet] = []

    def start(count: int, **environ: str) -> Fleet:
        started.append(Fleet(tmp_path_factory.mktemp("fleet"), False, **environ))
        return started[-1].start(count)

    yield start
    for one in started:
        one.stop()


@pytest.fixture(scope="session")
def rclone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """An S3 server on a folder."""
    server = S3Server("rclone", tmp_path_factory.mktemp("rclone")).start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def instances(rclone: S3Server, tmp_path_factory: pytest.TempPathFactory) -> tuple[S3Files, S3Files]:
    """Two that share a prefix of the bucket, and leases. Making them takes longer than most tests."""
    folder = tmp_path_factory.mktemp("instances")
    return rclone.files(folder), rclone.files(folder)


@pytest.fixture
def s3_files(instances: tuple[S3Files, S3Files]) -> Iterator[S3Files]:
    """Files on rclone, empty; those that a test leaves go."""
    files = instances[0]
    yield files
    files.remove(*(key for key, _ in files.stored()))


@pytest.fixture(scope="session")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """An S3 server that copies objects into parts, and is strict about their sizes."""
    server = S3Server("moto", tmp_path_factory.mktemp("moto")).start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def coturn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Coturn]]:
    """Start TURN relays; all are stopped after the module."""
    started: list[Coturn] = []

    def start(*options: str) -> Coturn:
        started.append(Coturn(tmp_path_factory.mktemp("coturn"), *options))
        return started[-1]

    yield start
    for one in started:
        one.stop()


@pytest.fixture(scope="session")
def redis_for_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis")).start()
    yield server
    server.stop()


@pytest.fixture
def redis_server(redis_for_all: RedisServer) -> RedisServer:
    """A real Redis, empty, that stays up. Who kills it starts one of their own."""
    redis_for_all.empty()
    return redis_for_all


@pytest.fixture
def make_app(tmp_path: Path) -> Iterator[Callable[..., Flask]]:
    """Make the app in this process, with settings of one's own."""
    made: list[Flask] = []

    def make(**environ: str) -> Flask:
        settings = {"PACKETPOST_DATA_DIR": str(tmp_path / "data"), "PACKETPOST_RATE_LIMITS": "off", **environ}
        made.append(create_app(settings))
        return made[-1]

    yield make
    for app in made:
        app.extensions["packetpost"].relay.stop()
        app.extensions["packetpost"].roads.stop()


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
