"""Pages as a hostile server shows them: without their encryption. For whoever stands between, `Hostile` for one."""

import re
from collections.abc import Callable

_PLAIN_FILES = """<ul class="files"><li class="file-row" data-testid="file-row" data-name="invoice.exe">
<a class="button" href="/api/download/x/0/invoice.exe" data-testid="download">Download</a></li></ul>"""
_PLAIN_FORM = """<input name="password" type="password" data-testid="password">
<button class="button" data-testid="unlock">Open</button>"""


def without_seal(page: str) -> str:
    """A page or a part of one, as if nobody had encrypted anything."""
    page = re.sub(r'\s(?:data-sealed|data-shelves)="[^"]*"|\sdata-opening', "", page)
    page = re.sub(r'<div id="opened".*?</noscript>\s*</div>', _PLAIN_FILES, page, flags=re.DOTALL)
    page = re.sub(r"(<form [^>]*?)\bdata-unlock\b.*?</form>", rf"\g<1>>{_PLAIN_FORM}</form>", page, flags=re.DOTALL)
    page = re.sub(r'(class="(?:label-address|qr)") hidden', r"\g<1>", page)
    return page.replace(">End-to-end encrypted<", ">Not end-to-end encrypted<")


def ask_plainly(piece: bytes) -> bytes:
    """A request whose answer is not compressed, and ends with its connection."""
    if not re.match(rb"[A-Z]+ \S+ HTTP/1.1\r\n", piece):
        return piece
    head, between, body = piece.partition(b"\r\n\r\n")
    head = re.sub(rb"(?i)\r\n(?:connection|accept-encoding):[^\r]*", b"", head)
    return head + b"\r\nConnection: close" + between + body


def is_page(piece: bytes) -> bool:
    """Whether an answer begins here that is a page, or a part of one."""
    return piece.startswith(b"HTTP/1.1 ") and b"text/html" in piece.partition(b"\r\n\r\n")[0]


def rewritten(answer: bytes, rewrite: Callable[[str], str]) -> bytes:
    """A whole answer with another body."""
    head, between, body = answer.partition(b"\r\n\r\n")
    body = rewrite(body.decode()).encode()
    return re.sub(rb"(?i)(\r\ncontent-length: )\d+", rb"\g<1>%d" % len(body), head) + between + body
