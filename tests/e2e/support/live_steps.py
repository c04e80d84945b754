"""What two people do in a live session, as steps that several tests share."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from playwright.sync_api import Download, Page, WebSocketRoute, expect

from tests.e2e.support.steps import choose, sha, shas_in
from tests.support.server_process import Server

Pages = Callable[..., Page]

# Counts the bytes that a page sends over its channels, and keeps these at hand so that a test can close them. On demand
# it loses texts that hold one of `lost` and all bytes of files while `held`, spoils the first frame of block
# `damage.block` the next few times, and lets only `slow` bytes a second through.
_WATCH_CHANNELS = """() => {
  globalThis.sentBytes = globalThis.lostTexts = 0
  let nextAt = 0
  globalThis.openChannels = []
  const { send } = RTCDataChannel.prototype
  RTCDataChannel.prototype.send = function (message) {
    if (globalThis.held && message.byteLength > 100) return
    if (globalThis.lost?.some((part) => typeof message === 'string' && message.includes(part))) {
      globalThis.lostTexts += 1
      return
    }
    globalThis.sentBytes += message.byteLength ?? 0
    const { damage } = globalThis
    if (message.byteLength) message = message.slice() // its memory is used again as soon as it is sent
    if (damage?.times && message.byteLength > 100) {
      const view = new DataView(message.buffer ?? message)
      if (view.getUint32(8) === damage.block && view.getUint32(12) === 0) {
        damage.times -= 1
        view.setUint8(20, view.getUint8(20) ^ 1)
      }
    }
    if (!globalThis.slow || !message.byteLength) return send.call(this, message)
    nextAt = Math.max(nextAt, performance.now()) + (1000 * message.byteLength) / globalThis.slow
    setTimeout(() => this.readyState === 'open' && send.call(this, message), nextAt - performance.now())
  }
  const { createDataChannel } = RTCPeerConnection.prototype
  RTCPeerConnection.prototype.createDataChannel = function (...how) {
    const channel = createDataChannel.apply(this, how)
    globalThis.openChannels.push(channel)
    return channel
  }
}"""

# Relays only, and there is none: no candidate is found, and what the other side sends finds no open port.
_NO_WAY = """globalThis.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(configuration) { super({ ...configuration, iceServers: [], iceTransportPolicy: 'relay' }) }
}"""


# How long anything may take on a machine that does much else, in milliseconds.
_PATIENCE = 90_000


class Place(Protocol):
    """The server, or what stands before it."""

    @property
    def url(self) -> str: ...


def send_live(page: Page, server: Place, *files: Path) -> str:
    """Choose the files and press "Send live"; the address of the session."""
    page.goto(server.url)
    choose(page, *files)
    return open_live(page)


def open_live(page: Page, receivers: int = 1) -> str:
    if receivers > 1:
        page.get_by_text("Options").click()
        page.get_by_label("Receivers of a live session").select_option(str(receivers))
    page.get_by_test_id("create-live").click()
    return address_of(page)


def address_of(page: Page) -> str:
    """The session's address with its secret, if it has one: the page shows that it is whole."""
    expect(page.locator("[data-protection]")).to_be_visible()
    return page.get_by_test_id("live-url").input_value()


def status(page: Page, state: str) -> None:
    expect(page.get_by_test_id("status")).to_have_attribute("data-state", state, timeout=_PATIENCE)


@contextmanager
def saving(page: Page) -> Iterator[list[Download]]:
    """The downloads that begin meanwhile."""
    begun: list[Download] = []

    def note(download: Download) -> None:
        begun.append(download)

    page.on("download", note)
    yield begun
    page.remove_listener("download", note)


def accept(page: Page) -> None:
    page.get_by_test_id("accept").click()


def shas(downloads: list[Download]) -> dict[str, str]:
    """What was saved, by its name; waits until it is complete."""
    return {download.suggested_filename: sha(Path(download.path())) for download in downloads}


@contextmanager
def one_zip(page: Page) -> Iterator[list[dict[str, str]]]:
    """What comes as a zip meanwhile: paths and digests of what lies in it, once the block has ended."""
    found: list[dict[str, str]] = []
    with saving(page) as downloads:
        yield found
    found += [shas_in(Path(download.path())) for download in downloads]


def accept_all(page: Page) -> dict[str, str]:
    """Save what is offered, each file as a download of its own, and wait for the end."""
    with saving(page) as downloads:
        accept(page)
        status(page, "completed")
        # The browser may begin to save a file that it has whole after the page is done.
        while len(downloads) < page.locator(".file-row[data-state=ready]").count():
            page.wait_for_event("download")
    return shas(downloads)


def receive(page: Page, address: str) -> dict[str, str]:
    """Open the address, accept everything, wait for the end."""
    page.goto(address)
    return accept_all(page)


def arrives_by_link(receiver: Page, file: Path, begin: Callable[[], object]) -> None:
    """After `begin` the receiver's open page downloads the file."""
    with receiver.expect_download(timeout=_PATIENCE) as begun:
        begin()
    assert sha(Path(begun.value.path())) == sha(file)


def told_no_link(page: Page, sentence: str) -> None:
    """The page says that there is neither a way nor a link, and why."""
    status(page, "failed")
    expect(page.get_by_test_id("status")).to_have_text("No connection, and no link")
    expect(page.locator("[data-notice]")).to_contain_text(sentence)
    expect(page.get_by_test_id("retry")).to_be_visible()


def moved(page: Page, at_least: int, timeout: float = _PATIENCE) -> None:
    """Wait until so many bytes are written at the receiver."""
    page.wait_for_function(
        "least => document.querySelector('[data-progress]').dataset.written >= least", arg=at_least, timeout=timeout
    )


def stored(server: Server) -> dict[str, int]:
    """The files of the data folder that hold bytes of people, with their sizes."""
    sizes = {str(path): path.stat().st_size for path in server.data_dir.rglob("*") if path.is_file()}
    return {path: size for path, size in sizes.items() if size and "sqlite" not in path}


class HeldCandidates(list[str]):
    """What a page says of its own addresses, held back until it is released."""

    def __init__(self) -> None:
        super().__init__()
        self.server: WebSocketRoute | None = None

    def release(self) -> None:
        """Let the server have them now, and all that come."""
        assert self.server
        while self:
            self.server.send(self.pop(0))
        self.append = self.server.send  # type: ignore[method-assign]


def hold_candidates(page: Page) -> HeldCandidates:
    """The other side does not hear where this page is to be found, as over a slow server."""
    held = HeldCandidates()

    def route(socket: WebSocketRoute) -> None:
        server = held.server = socket.connect_to_server()
        socket.on_message(lambda text: held.append(str(text)) if '"ice-candidate"' in str(text) else server.send(text))

    page.route_web_socket("**/live/**", route)
    return held


def without_webrtc(page: Page) -> None:
    page.add_init_script("delete globalThis.RTCPeerConnection")


def without_streams(page: Page) -> None:
    """A browser that keeps what arrives in its private storage, as Safari does."""
    page.add_init_script("Object.defineProperty(Navigator.prototype, 'serviceWorker', { get: () => undefined })")


def watch_channels(page: Page) -> None:
    page.add_init_script(f"({_WATCH_CHANNELS})()")


def break_channels(page: Page) -> None:
    """Close every channel under the transfer."""
    page.evaluate("() => globalThis.openChannels.splice(0).forEach((channel) => channel.close())")


def never_connect(page: Page) -> None:
    """From now on, also after a reload, the page finds no way to anybody, as behind a strict firewall."""
    page.add_init_script(_NO_WAY)
    page.evaluate(f"() => {{ {_NO_WAY} }}")


def connect_again(page: Page) -> None:
    """The firewall lets the page through again."""
    page.evaluate("() => { globalThis.RTCPeerConnection = Object.getPrototypeOf(RTCPeerConnection) }")


def never_store(page: Page) -> None:
    """Switch off that the files are stored where live cannot be."""
    page.get_by_test_id("never-store").check()


def may_store(page: Page) -> None:
    """Switch it on again. The page may be a link's at once, without the box."""
    page.get_by_test_id("never-store").click()


def lose_messages(page: Page, *parts: str) -> None:
    """Control messages that hold one of these texts are not sent any more."""
    page.evaluate("parts => { globalThis.lost = parts }", list(parts))


def damage_block(page: Page, block: int, times: int) -> None:
    """A bit of this block turns over on its way, as often as that."""
    page.evaluate("damage => { globalThis.damage = damage }", {"block": block, "times": times})


def hold_bytes(page: Page) -> None:
    """From now on no byte of a file leaves the page, while everything else goes on."""
    page.evaluate("() => { globalThis.held = true }")


def slow_down(page: Page, rate: int) -> None:
    """The page's channels carry at most so many bytes a second."""
    page.evaluate("rate => { globalThis.slow = rate }", rate)


def sent_bytes(page: Page) -> int:
    """What the page has sent over its channels, frames and headers."""
    count: int = page.evaluate("() => globalThis.sentBytes")
    return count


def code_of(page: Page) -> str:
    shown = page.get_by_test_id("live-code")
    expect(shown).to_have_text(re.compile(r"^\w{4}-\w{4,5}$"))
    return shown.inner_text()


def come(receiver: Page, place: Place, way: str, address: str, code: str) -> None:
    """Open the session's address, or type its code. `way` is "address" or "code"."""
    if way == "address":
        receiver.goto(address)
        return
    receiver.goto(place.url)
    receiver.get_by_test_id("join-code").fill(code)
    receiver.get_by_test_id("join-live").click()


def history_of(page: Page) -> list[str]:
    """The addresses that the tab has in its history."""
    entries = page.context.new_cdp_session(page).send("Page.getNavigationHistory")["entries"]
    return [entry["url"] for entry in entries]
