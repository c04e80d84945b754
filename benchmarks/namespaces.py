"""Networks of our own on this machine: two namespaces with a tunnel (TUN device) in each, for a forwarder between them.

Nothing is left behind: the namespaces have no names, and one that no process holds any more is taken down by the
kernel, with the devices in it (network_namespaces(7)). Traffic stays inside: the only way out is the tunnel.
"""

import ctypes
import fcntl
import os
import socket
import struct
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

_CLONE_NEWNET = 0x40000000  # unshare(2)
_TUNSETIFF = 0x400454CA  # linux/if_tun.h
_IFF_TUN_WITHOUT_HEADER = 0x0001 | 0x1000
_DEVICE = "path"
_MINE = "/proc/thread-self/ns/net"
# The kernel's own queue in front of the forwarder, in packets: long, so that only the forwarder drops any.
_QUEUE = 10_000
_LIBC = ctypes.CDLL(None, use_errno=True)


class Namespace:
    """A network with a loopback and one tunnel. `close` gives up our hold on it."""

    def __init__(self, address: str) -> None:
        """`address` is its end of the tunnel, with the prefix length. Raises OSError without the right to make one."""
        self.address = address.partition("/")[0]
        with _returning():
            _check(_LIBC.unshare(_CLONE_NEWNET))
            self._file = os.open(_MINE, os.O_RDONLY | os.O_CLOEXEC)
            self.tunnel = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
            fcntl.ioctl(self.tunnel, _TUNSETIFF, struct.pack("16sH22x", _DEVICE.encode(), _IFF_TUN_WITHOUT_HEADER))
            _ip(f"address add {address} dev {_DEVICE}")
            _ip(f"link set {_DEVICE} mtu 1500 txqueuelen {_QUEUE} up")
            _ip("link set lo up")
            # Chromium offers no address of a network without a default route.
            _ip(f"route add default dev {_DEVICE}")

    @property
    def command(self) -> list[str]:
        """What to put before a command, so that it runs in here. It stays here as long as it lives."""
        return ["nsenter", f"--net=/proc/{os.getpid()}/fd/{self._file}"]

    @contextmanager
    def inside(self) -> Iterator[None]:
        """In the block, sockets that this thread makes belong here, and stay here after it."""
        with _returning():
            _check(_LIBC.setns(self._file, _CLONE_NEWNET))
            yield

    def close(self) -> None:
        os.close(self.tunnel)
        os.close(self._file)


@contextmanager
def pair() -> Iterator[tuple[Namespace, Namespace]]:
    """Two namespaces whose tunnels end in this process."""
    with ExitStack() as stack:
        made = [Namespace(f"10.77.0.{host}/24") for host in (1, 2)]
        for namespace in made:
            stack.callback(namespace.close)
        yield made[0], made[1]


def reason_against() -> str:
    """Why no namespace can be made here, as a sentence; empty when one can."""
    if os.geteuid() != 0:
        return "emulated paths need root, for network namespaces."
    if not Path("/dev/net/tun").exists():
        return "emulated paths need /dev/net/tun, which this machine does not have."
    try:
        Namespace("10.77.0.1/24").close()
    except (OSError, subprocess.CalledProcessError) as error:
        return f"this machine makes no network namespaces ({error})."
    return ""


def listening(port: int, address: str = "127.0.0.1") -> socket.socket:
    """A socket that listens in this namespace, on its loopback if nothing else is said."""
    listener = socket.create_server((address, port), backlog=128)
    listener.set_inheritable(True)
    return listener


@contextmanager
def _returning() -> Iterator[None]:
    """Whatever the block does, this thread is in its old namespace afterwards."""
    home = os.open(_MINE, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield
    finally:
        _check(_LIBC.setns(home, _CLONE_NEWNET))
        os.close(home)


def _check(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _ip(arguments: str) -> None:
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    subprocess.run(["ip", *arguments.split()], check=True, capture_output=True, env={**os.environ, "PATH": path})
