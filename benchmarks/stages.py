"""Where live transfers are measured: our server, and two people who meet over the loopback or over a path of ours."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from playwright.sync_api import Page

from benchmarks import bare, namespaces, people, servers
from benchmarks.namespaces import Namespace, listening
from benchmarks.people import Person
from benchmarks.place import wait_for_quiet
from benchmarks.rounds import Run
from packetpost.settings import MIB
from tests.support.server_process import free_port


@dataclass(frozen=True, slots=True)
class Stage:
    """The address of our server, which is the same for both people."""

    url: str
    sender: Person
    receiver: Person
    # Both browsers lack WebRTC: bytes go by the road.
    road_only: bool = False

    def turned_round(self) -> "Stage":
        """The same with the other one as the sender."""
        return replace(self, sender=self.receiver, receiver=self.sender)

    @contextmanager
    def pages(self) -> Iterator[tuple[Page, Page]]:
        """A new page of each, the sender's first."""
        with self.sender.page() as sending, self.receiver.page() as receiving:
            if self.road_only:
                for page in (sending, receiving):
                    page.add_init_script("delete window.RTCPeerConnection")
            yield sending, receiving

    def ours(self, file: Path, digest: str, plain: bool = False) -> Run:
        """One live transfer, from the click on "Save the files" to the whole file on the disk, verified."""
        quiet = wait_for_quiet()
        with self.pages() as (sending, receiving):
            receiving.goto(people.offer(sending, self.url, file, plain))
            before = self._cpu()
            seconds, saved = people.accept(receiving, sending)
            run = Run(seconds, self._cpu() - before, quiet)
            if people.sha256(saved) != digest:
                raise RuntimeError("What arrived is not what was sent.")
        return run

    def bare(self, size: int, most_seconds: float) -> tuple[Run, float]:
        """So many bytes, or as many as arrive in time, over a bare data channel; MiB a second with it."""
        quiet = wait_for_quiet()
        with self.sender.page() as sending, self.receiver.page() as receiving:
            bare.connect(sending, receiving)
            before = self._cpu()
            came, seconds = bare.send(sending, receiving, size, most_seconds)
            return Run(seconds, self._cpu() - before, quiet), came / MIB / seconds

    def _cpu(self) -> float:
        return self.sender.cpu_seconds() + self.receiver.cpu_seconds()


@contextmanager
def on_loopback(road_only: bool = False) -> Iterator[Stage]:
    """Two people at one machine."""
    with ExitStack() as stack:
        listener = stack.enter_context(listening(free_port()))
        url = stack.enter_context(servers.packet_post_at([listener], road=road_only))
        yield Stage(url, *stack.enter_context(people.two()), road_only=road_only)


@contextmanager
def apart() -> Iterator[tuple[Stage, Namespace, Namespace]]:
    """Two people in networks of their own. Our server is on both loopbacks, so that only files cross the path."""
    with ExitStack() as stack:
        left, right = stack.enter_context(namespaces.pair())
        port = free_port()
        listeners = [stack.enter_context(listening(port))]  # for ourselves, to see that it runs
        for namespace in (left, right):
            with namespace.inside():
                listeners.append(stack.enter_context(listening(port)))
        url = stack.enter_context(servers.packet_post_at(listeners))
        two = stack.enter_context(people.two((left.command, right.command)))
        yield Stage(url, *two), left, right
