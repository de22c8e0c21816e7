"""Start a program where every host is the capture server: run as a script, never imported.

    python -I -S sandbox_init.py DESCRIPTOR FOLDER PROGRAM ARGUMENT...

It moves into a user, network and mount namespace of its own, in which each IPv4 address is this machine's,
and the files of FOLDER stand for those of the same name in /etc. It binds the sockets that the program's
traffic arrives at, hands them over through the Unix socket DESCRIPTOR, with descriptors of its user and
network namespace, waits for a byte in return, and becomes the program. Why it could not is sent through
DESCRIPTOR instead, in words.

Its user and group remain what they are outside. The network has no way out: there is no device in it but
the loopback.
"""

import ctypes
import os
import socket
import struct
import sys
from pathlib import Path

_NEW_MOUNTS, _NEW_USER, _NEW_NETWORK = 0x00020000, 0x10000000, 0x40000000
_BIND, _RECURSIVE, _PRIVATE = 0x1000, 0x4000, 0x40000

_NEW_LINK, _NEW_ROUTE, _ERROR = 16, 24, 2
_REQUEST, _ACKNOWLEDGED, _CREATE = 0x1, 0x4, 0x400
_UP = 1
_LOCAL_TABLE, _STATIC, _HOST_SCOPE, _LOCAL_TYPE = 255, 4, 254, 2
_OUTGOING_INTERFACE = 4

_libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    channel = socket.socket(fileno=int(sys.argv[1]))
    channel.set_inheritable(False)
    folder, program = Path(sys.argv[2]), sys.argv[3:]
    try:
        _enter()
        _mount_over(folder)
        _lead_everything_here()
        handed_over = [*(each.detach() for each in _bound()), *_namespaces()]
    except OSError as error:
        channel.send(f"{error.filename or 'namespaces'}: {error.strerror}".encode())
        sys.exit(70)
    socket.send_fds(channel, [b"ready"], handed_over)
    if not channel.recv(1):
        sys.exit(70)
    try:
        os.execvp(program[0], program)  # noqa: S606 - the purpose of this script
    except OSError as error:
        sys.exit(f"cannot start {program[0]!r}: {error.strerror}")


def _enter() -> None:
    user, group = os.geteuid(), os.getegid()
    _checked(_libc.unshare(_NEW_USER | _NEW_NETWORK | _NEW_MOUNTS), "unshare")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    _checked(_libc.mount(b"none", b"/", None, _RECURSIVE | _PRIVATE, None), "mount /")


def _mount_over(folder: Path) -> None:
    for file in folder.iterdir():
        place = Path("/etc") / file.name
        if place.exists():
            _checked(
                _libc.mount(bytes(file), bytes(place.resolve()), None, _BIND, None), f"mount over {place}"
            )


def _lead_everything_here() -> None:
    loopback = socket.if_nametoindex("lo")
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as netlink:
        link = struct.pack("=BBHiII", socket.AF_UNSPEC, 0, 0, loopback, _UP, _UP)
        _tell(netlink, _NEW_LINK, link, "loopback device")
        route = struct.pack(
            "=8BI", socket.AF_INET, 0, 0, 0, _LOCAL_TABLE, _STATIC, _HOST_SCOPE, _LOCAL_TYPE, 0
        )
        out = struct.pack("=HHI", 8, _OUTGOING_INTERFACE, loopback)
        _tell(netlink, _NEW_ROUTE, route + out, "route of all addresses to the loopback device")


def _tell(netlink: socket.socket, kind: int, body: bytes, what: str) -> None:
    flags = _REQUEST | _ACKNOWLEDGED | _CREATE
    netlink.send(struct.pack("=IHHII", 16 + len(body), kind, flags, 1, 0) + body)
    answer = netlink.recv(4096)
    (answered,) = struct.unpack_from("=H", answer, 4)
    (code,) = struct.unpack_from("=i", answer, 16)
    if answered == _ERROR and code:
        raise OSError(-code, os.strerror(-code), what)


def _bound() -> "list[socket.socket]":
    """The proxy's socket, those of HTTPS and HTTP, and the name server's."""
    listening = [
        socket.create_server(address, backlog=128) for address in (("127.0.0.1", 0), ("", 443), ("", 80))
    ]
    names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    names.bind(("", 53))
    return [*listening, names]


def _namespaces() -> "list[int]":
    """Return descriptors by which other processes may enter later."""
    return [os.open(f"/proc/self/ns/{kind}", os.O_RDONLY) for kind in ("user", "net")]


def _checked(result: int, what: str) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), what)


if __name__ == "__main__":
    main()
