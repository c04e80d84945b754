"""Several instances over one folder and one Redis, as they run behind a balancer."""

from pathlib import Path

from tests.redis_running import RedisServer
from tests.running import Server


class Fleet:
    """One Redis and as many servers as are started, each on a port of its own."""

    def __init__(self, folder: Path, **environ: str) -> None:
        """`environ` are settings of all of them."""
        self._folder, self._environ = folder, environ
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
        server = Server(self._folder, REDIS_URL=self.redis.url, **self._environ, **environ)
        self.servers.append(server)
        return server

    def stop(self) -> None:
        for server in self.servers:
            server.stop()
        self.redis.stop()
