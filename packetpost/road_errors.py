"""How the road refuses: `errors` of live bytes through this server's memory."""

from packetpost.errors import Problem


class NobodyListens(Problem):
    status = 409
    code = "nobody-listens"
    message = "The other side does not listen on the road right now. Try again when its page is open."


class Frozen(Problem):
    status = 409
    code = "frozen"
    message = "The other side took nothing for 20 seconds. Its page may be suspended or its network gone."


class RoadOff(Problem):
    status = 403
    code = "road-off"
    message = "This server carries no live bytes. The browsers must reach each other directly, or use a link."


class RoadFull(Problem):
    status = 503
    code = "road-full"
    message = "This server carries as many live transfers as it can right now. Use a link, or try again later."

    def __init__(self) -> None:
        super().__init__(retry_after=30)
