"""The facts that Packet Post keeps, as frozen data, and the rules that need nothing but them.

Owns no I/O and no clock; how the facts are stored is the backends' business.
"""

from dataclasses import dataclass
from typing import Literal

# What a file takes of the room at the least: a block on the disk, and its row among the facts. Bytes.
LEAST_FILE = 4096
# Each byte that comes keeps what its sender holds for a little longer, as if it came at this rate. Bytes a second.
LEAST_RATE = 4096

Ended = Literal["", "deleted", "used-up", "expired", "taken-down"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One file as the sender names it, before any byte. `size` is in bytes, None while unknown.

    `metadata` is what a tus client sent about it, `concat` how it named the parts of which it is made. `changed_at` is
    when it was last changed, in Unix seconds.
    """

    path: str
    size: int | None
    type: str = ""
    metadata: str = ""
    changed_at: float | None = None
    concat: str = ""


@dataclass(frozen=True, slots=True)
class Options:
    """What a sender chose for a link. `lifetime` is in seconds; `max_downloads` None means no limit.

    `sealed` is the base64url of the sealed names; '' for a plain link.
    """

    lifetime: int
    max_downloads: int | None = None
    password: str = ""
    sealed: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A shareable page with files and an expiry. Times are Unix seconds; hashes are of secrets never kept.

    `sealed` is what only its receivers can read of it: the names, as base64url; '' where the sender sent plain.
    """

    id: str
    owner_hash: str
    password_hash: str
    created_at: float
    expires_at: float
    max_downloads: int | None = None
    downloads: int = 0
    ended: Ended = ""
    sealed: str = ""

    def state(self, now: float) -> Ended:
        """Why the link gives nothing any more; '' while it is open."""
        if self.ended:
            return self.ended
        return "expired" if now >= self.expires_at else ""

    @property
    def downloads_left(self) -> int | None:
        return None if self.max_downloads is None else max(0, self.max_downloads - self.downloads)


@dataclass(frozen=True, slots=True)
class Upload:
    """A tus resource that fills one file. Its id is the hash of its token, who has which may write; no offset is kept.

    `link_id` is '' while no link shows it: a part to be joined (`partial`), or a body that one request still brings.
    `metadata` is the raw `Upload-Metadata` header, given back by HEAD, as is `concat`, the raw `Upload-Concat` of what
    was made of parts (their addresses lead nowhere any more). `size` is in bytes, None while deferred.
    `changed_at` is when its sender last changed the file, None where nobody said so. `crc` is the CRC-32 of its bytes,
    None until a zip needed it.
    """

    id: str
    link_id: str
    position: int
    path: str
    size: int | None
    type: str
    created_at: float
    expires_at: float
    metadata: str = ""
    partial: bool = False
    changed_at: float | None = None
    crc: int | None = None
    concat: str = ""

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def least(self) -> int:
        """What it takes of the room while it is empty, in bytes."""
        return LEAST_FILE + len(self.path) + len(self.type) + len(self.metadata) + len(self.concat)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much may be held: `total` bytes by all together, `share` by one `holder` ('': by whom does not matter).

    `now` is in Unix seconds. What has made no progress since `idle_since` holds only what is stored of it.
    """

    total: int
    share: int
    holder: str
    now: float
    idle_since: float


@dataclass(frozen=True, slots=True)
class StoredUpload:
    """An upload together with the bytes it holds: what the link page and the downloads look at."""

    upload: Upload
    offset: int

    @property
    def ready(self) -> bool:
        return self.upload.size is not None and self.offset >= self.upload.size


@dataclass(frozen=True, slots=True)
class Claim:
    """One receiver's right to a link's files. It holds one of the link's downloads until `live_until`.

    `streaming` holds the positions of files being written to the receiver now, `finished` of those that were written
    whole; `counted` is true once the link's counter includes it. `given` is which bytes were written so far, as
    `given_bytes` has them; `sent` is how many, each as often as it was.
    """

    id: str
    link_id: str
    receiver: str
    live_until: float
    streaming: tuple[int, ...] = ()
    finished: frozenset[int] = frozenset()
    counted: bool = False
    given: tuple[int, ...] = ()
    sent: int = 0


Complaint = Literal["illegal", "malware", "private", "copyright", "other"]


@dataclass(frozen=True, slots=True)
class Report:
    """What somebody told the operator about a link. `at` is in Unix seconds; `text` and `contact` may be empty."""

    id: str
    link_id: str
    complaint: Complaint
    text: str
    contact: str
    at: float


FindingState = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one look at one thing brought, in plain words; `advice` is empty where nothing needs to be done."""

    name: str
    state: FindingState
    said: str
    advice: str = ""


SessionState = Literal["created", "joined", "closed", "expired"]


@dataclass(frozen=True, slots=True)
class Session:
    """A live meeting of browsers. Times are Unix seconds; `link_id` is set once it fell back to a link.

    `moving_until`: bytes were said to flow until then, and a session does not expire under a running transfer.
    `falling_back_until`: until then somebody is making the link.
    """

    id: str
    code: str
    created_at: float
    expires_at: float
    max_receivers: int
    joined: bool = False
    closed: bool = False
    moving_until: float = 0
    link_id: str = ""
    falling_back_until: float = 0

    def state(self, now: float) -> SessionState:
        if self.closed:
            return "closed"
        if now >= self.ends_at:
            return "expired"
        return "joined" if self.joined else "created"

    @property
    def ends_at(self) -> float:
        """When it expires, unless it is extended or moves on."""
        return max(self.expires_at, self.moving_until)


@dataclass(frozen=True, slots=True)
class Seat:
    """One browser's place in a session: number 0 is the sender's, the others are receivers'."""

    session_id: str
    number: int
    token_hash: str

    @property
    def role(self) -> Literal["sender", "receiver"]:
        return "sender" if self.number == 0 else "receiver"
