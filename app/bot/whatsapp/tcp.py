"""What the kernel knows of a connection that broke off: whether the peer received anything.

An HTTP server closes idle connections when it likes, and the request that crosses its FIN on the
way fails as if the server had died in the middle of it. On Linux the two can be told apart: a FIN
acknowledges everything that had arrived before the server closed. Where the kernel has not said so,
nothing is claimed.
"""

from __future__ import annotations

import errno
import select
import socket
import sys
from dataclasses import dataclass
from struct import unpack_from
from typing import Final, Protocol

# struct tcp_info of linux/tcp.h, since Linux 4.19.
_SIZE: Final = 208
_ACKED_AT: Final = 120
_SENT_AT: Final = 200
_CLOSED: Final = 7
_CLOSE_WAIT: Final = 8


class Socket(Protocol):
    """What asyncio's and uvloop's transports give as their socket."""

    @property
    def family(self) -> int: ...
    @property
    def type(self) -> int: ...
    def fileno(self) -> int: ...


@dataclass(frozen=True, slots=True)
class _Counters:
    state: int
    acked: int
    """Bytes that the peer has acknowledged, from the beginning."""
    sent: int
    """Bytes that have left this machine, from the beginning."""


class Watched:
    """A connection, looked at from beside its transport. To be closed."""

    def __init__(self, transport_socket: Socket) -> None:
        # Of its own: the transport closes its descriptor before the error is known.
        self._socket = socket.fromfd(
            transport_socket.fileno(), transport_socket.family, transport_socket.type
        )
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN)
        self._before: _Counters | None = None

    def has_anything(self) -> bool:
        """Bytes or a FIN that the event loop has not seen yet."""
        return bool(self._poll.poll(0))

    def begin(self) -> None:
        """A request is written right after this."""
        self._before = _read_counters(self._socket)

    def close(self) -> None:
        self._socket.close()

    def has_lost_it_all(self) -> bool:
        """Whether it has ended without the peer having received a byte since `begin`.

        The peer closed first (its FIN came, and no acknowledgement), or nothing left this machine.
        A reset alone proves nothing: a server that dies with the request half read sends one too.
        """
        now = _read_counters(self._socket)
        if self._before is None or now is None or self._before.acked == 0:
            return False
        if now.state == _CLOSED and now.sent == self._before.sent:
            return True
        return now.acked == self._before.acked and (
            now.state == _CLOSE_WAIT
            # A reset after the FIN; without a FIN it is ECONNRESET.
            or (
                now.state == _CLOSED
                and self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == errno.EPIPE
            )
        )


def _read_counters(watched: socket.socket) -> _Counters | None:
    """None where the kernel does not count: elsewhere than on Linux, or on an old one."""
    if sys.platform != "linux":
        return None
    raw = watched.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _SIZE)
    if len(raw) < _SIZE:
        return None
    (acked,) = unpack_from("=Q", raw, _ACKED_AT)
    (sent,) = unpack_from("=Q", raw, _SENT_AT)
    return _Counters(raw[0], acked, sent)
