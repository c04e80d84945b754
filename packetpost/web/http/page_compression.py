"""Compresses pages and JSON on their way out, by Flask-Compress. Files, streams and parts of them pass as they are.

Compressing what holds a secret beside what an attacker chose tells of the secret by its length (BREACH). Our pages
repeat nothing of their query, and cookies are never in them; but addresses that only their owners know are. So whatever
another site made the browser ask for (Fetch Metadata) is answered as it is: no attacker can watch one page many times.
"""

from flask import Flask, Response
from flask_compress import Compress

from packetpost.web.http.headers import header

_TYPES = ("text/html", "application/json")
# Below this many bytes a packet is saved by nothing.
_LEAST = 800


def init(app: Flask) -> None:
    """Compress the answers of views that are text."""
    app.config.update(
        COMPRESS_REGISTER=False,
        COMPRESS_MIMETYPES=list(_TYPES),
        COMPRESS_ALGORITHM=["br", "gzip"],
        COMPRESS_STREAMS=False,
        COMPRESS_MIN_SIZE=_LEAST,
        COMPRESS_EVALUATE_CONDITIONAL_REQUEST=False,
    )
    compress = Compress(app)

    def shrink(response: Response) -> Response:
        if response.mimetype not in _TYPES or response.is_streamed or response.direct_passthrough:
            return response
        if header("Sec-Fetch-Site") not in ("same-origin", "none", None):
            response.vary.add("Accept-Encoding")
            return response
        answer: Response = compress.after_request(response)
        return answer

    app.after_request(shrink)
