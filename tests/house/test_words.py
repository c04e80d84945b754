"""Old names are gone: one table of what they were, what they are now, and where that is looked for."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = ("app.py", "packetpost/**/*.py", "tests/**/*.py", "benchmarks/**/*.py")
SERVER = ("app.py", "packetpost/**/*.py")
TEMPLATES = ("templates/**/*.html",)
SCRIPTS = ("static/js/**/*.js", "static/js/*.d.ts")
PAGES = (*SCRIPTS, *TEMPLATES, "static/css/*.css", "README.md", "SECURITY.md", "packetpost/*.md", "tests/js/**/*.py")

# (old name as a regular expression, new name, where)
WORDS = [
    (r"\bPartState\b|\bnew Part\(|class Part\b|\bloadParts\b|\bat-\w+\.js", "Recipient, loadEntries", SCRIPTS),
    (r"\.part\(", "view.element()", SCRIPTS),
    (r"class (?:Path|Pace)\b|new (?:Path|Pace)\(|\bpath\.part\b", "CongestionWindow, LaneFlow", SCRIPTS),
    (r"#findPath\b|\.way\(|\bpeer\.path\b", "route", SCRIPTS),
    (r"\b[dD]esk\b|#place\b|\bshel(?:f|ves)", "owner, sinkOptions, StoredFile", (*SCRIPTS, *TEMPLATES)),
    (r"class Place\b|new Place\(", "SaveLocation", SCRIPTS),
    (r"\w*Desk\b", "Controller", SCRIPTS),
    (r"\bBell\b|\.ring\(|\.heard\(", "Condition, notify, changed", SCRIPTS),
    (r"\bHeart\b", "Heartbeat", SCRIPTS),
    (r"#tell\b|\bconst on = \(type|dispatchEvent\(new Event\(", "Emitter.emit, Emitter.listen", SCRIPTS),
    (r"\btake\(|\.say\(|#say\(", "receive, accept, dequeue by object; send", ("static/js/live/**/*.js",)),
    (r"[Ff]our words|[Hh]andshake(?:Sender|Receiver)|\bsas\b|[Ww]ord-?[Ll]ist|data-words", "code of two halves", PAGES),
    (r"\bLeftover\b|\bleftovers\b|\bleaveBehind\b", "HandedOver, SessionHandover", SCRIPTS),
    (r"'unsealed'|Refusal\('insecure'\)|distrust\('insecure'\)", "cannot-decrypt", SCRIPTS),
    (r"\bOutcome\b", "AttemptReport", SCRIPTS),
    (r"class (?:Sending|Receiving|Blocks|Load|Reader|Incoming|Archive|Lanes|Delivery|Parcel)\b", "the file's", SCRIPTS),
    (r"emit\('moved'\)|\.renew\(|\.moved\(|[#.]wrote\(|#sendWritten\b", "progress", SCRIPTS),
    (r"#said\b|#heard\b", "#sending, noteReceived", SCRIPTS),
    (r"\bPlaces?\b", "SocketHere (Redis), BucketPrefix (S3)", SERVER),
    (r"\bclass Peer\b|\bBrowserPeer\b|`Peer`|: Peer\b", "SignalReceiver, BrowserSocket", PYTHON),
    (r"\b[Ss]hel(?:f|ves)\b", "StoredUpload", SERVER),
    (r"\bcard\.\w+ ?[%}|]|\bcard=", "owner_view", TEMPLATES + SERVER),
    (r"\bowner_card\b|\bcards\.\w+\(|import cards\b", "link_views.owner_view", PYTHON),
    (r"\bparcel_|_parcel\b|\bParcel\b", "link_files", PYTHON),
    (r"\bVisit\b(?! the)|\bvisit_of\b|\bvisits\b|packetpost\.visit", "RequestRecord, request_log", SERVER),
    (r"\bPatientSocket\b|\bpatience\b", "TimeoutSocket, client_timeouts", SERVER),
    (r"\bKeeper\b|\bkeeper\b|\bNotingKeeper\b", "WriteObserver, observer", PYTHON),
    (r"\bresting\b", "lock_released", PYTHON),
    (r"\bsettle\(|unread\.settle", "unread_body.finish_connection", PYTHON),
    (r"\bclass Presence\b|import Presence\b|backends[./]presence", "FolderLock, folder_lock", PYTHON),
    (r"\bOutside\b|backends[./]outside", "PublicAddress, public_address", PYTHON),
    (r"\buntil_back\b|\bimport again\b", "retry.until_available", PYTHON),
    (r"\boffload\b", "threads", PYTHON),
    (r"\b_Mouth\b|\b_Allowance\b", "_SeatMessages, _TokenBucket", PYTHON),
    (r"\bOutcome\b|\bclass Attempt\b|web[./]outcomes|web[./]reporting|\"reporting\"", "AttemptReport, …", SERVER),
    (r"\b[Ww]atchers\b", "Waiters", PYTHON),
    (r"\bdef take\b|\.take\(", "receive, accept, claim, acquire by object", PYTHON),
    (r"`(?:bodies|sending|pipes|unread|ice|checks|checking|s3_\w+|redis_\w+|sqlite_\w+)`", "the module's name", PYTHON),
    (r"web/(?:sending|bodies|pipes|visits|unread|answers|modules|files|sockets|seats|cards)\b", "its room", PYTHON),
]


@pytest.mark.parametrize(("old", "new", "scope"), WORDS, ids=[new for _, new, _ in WORDS])
def test_no_old_name_is_left(old: str, new: str, scope: tuple[str, ...]) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()} → {new}"
        for pattern in scope
        for path in sorted(ROOT.glob(pattern))
        if path != Path(__file__) and "node_modules" not in path.parts
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(old, line)
    ]
    assert found == []
