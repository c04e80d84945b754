"""Making links through the app's test client, for suites that need no sockets."""

import json
from dataclasses import dataclass
from io import BytesIO

from flask.testing import FlaskClient

from packetpost import tokens
from packetpost.web.http.services import Services


@dataclass(frozen=True)
class Link:
    """A link of one file as its sender knows it, and what nobody else may."""

    id: str
    token: str
    upload_id: str

    @property
    def upload_token(self) -> str:
        """Who has it may write to the file."""
        return tokens.upload_token(self.token, 0)


def manifest(*sizes: int) -> dict[str, str]:
    """The form that announces files of these sizes, in bytes."""
    return {"manifest": json.dumps([{"path": f"{n}.bin", "size": size, "type": ""} for n, size in enumerate(sizes)])}


def a_link(client: FlaskClient, content: bytes = b"12345", name: str = "a.bin", **options: str) -> Link:
    """A link of one whole file; the options are the form's."""
    data = {**options, "file": (BytesIO(content), name)}
    answer = client.post("/api/upload", data=data, content_type="multipart/form-data")
    assert answer.status_code == 201, answer.text
    link_id, _, token = answer.headers["X-Url-Delete"].split("/")[-3:]
    services: Services = client.application.extensions["packetpost"]
    return Link(link_id, token, services.records.uploads_of(link_id)[0].id)
