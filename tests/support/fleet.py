"""Several instances over one folder and one Redis, as they run behind a balancer."""

from pathlib import Path

from tests.support.redis_process import RedisServer
from tests.support.server_process import Server


class Fleet:
    """One Redis and as many servers as are started, each on a port of its own."""

    def __init__(self, folder: Path, apart: bool = False, **environ: str) -> None:
        """`environ` are settings of all of them. `apart`: each has a folder of its own, as where S3 keeps the bytes."""
        self._folder, self._apart, self._environ = folder, apart, environ
        self.redis = RedisServer(folder / "redis")
        self.servers: list[Server] = []

    def start(self, count: int, **environ: str) -> "Fleet":
        """Redis, and that many more servers."""
        self.redis.start()
        for _ in range(count):
            self.add(**environ).start()
        return self

    def add(self, **environ: str) -> Server:
        """One more, to be started."""
        folder = self._folder / str(len(self.servers)) if self._apart else self._folder
        folder.mkdir(exist_ok=True)
        server = Server(folder, REDIS_URL=self.redis.url, **self._environ, **environ)
        self.servers.append(server)
        return server

    def stop(self) -> None:
        for server in self.servers:
            server.stop()
        self.redis.stop()
