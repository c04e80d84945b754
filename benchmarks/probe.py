"""Asks for one page again and again: `python -m benchmarks.probe <port> <how many> <keep or close>`.

Prints how long each answer took, in seconds, as a JSON list. It is a process of its own, so that nothing else that the
benchmarks do can delay it.
"""

import json
import sys
import time
from http.client import HTTPConnection

# Between two requests, so that they are spread over several uploads instead of being a load themselves.
_PAUSE = 0.02


def probe(port: int, count: int, keep: bool) -> list[float]:
    """Times from the first step (connecting too, where each request has a connection of its own) to the last byte."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    times = []
    for _ in range(count):
        time.sleep(_PAUSE)
        started = time.perf_counter()
        connection.request("GET", "/", headers={} if keep else {"Connection": "close"})
        answer = connection.getresponse()
        answer.read()
        times.append(time.perf_counter() - started)
        if answer.status != 200:
            raise RuntimeError(f"The page answered {answer.status}.")
    connection.close()
    return times


if __name__ == "__main__":
    print(json.dumps(probe(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "keep")))
