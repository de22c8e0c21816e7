"""Open ports in a network that sandbox_init.py made: run as a script, never imported.

    python -I -S sandbox_bind.py DESCRIPTOR USER NETWORK PORT...

It moves into the user and the network namespace that the descriptors USER and NETWORK stand for. For each
PORT, in their order, a message goes through the Unix socket DESCRIPTOR: `open` with a socket that listens
at the port of every address there, or the reason why it cannot be opened.
"""

import ctypes
import os
import socket
import sys

_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000

_libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    channel = socket.socket(fileno=int(sys.argv[1]))
    user, network, *ports = map(int, sys.argv[2:])
    for kind, namespace in ((_NEW_USER, user), (_NEW_NETWORK, network)):
        if _libc.setns(namespace, kind) != 0:
            sys.exit(f"setns: {os.strerror(ctypes.get_errno())}")
    for port in ports:
        try:
            with socket.create_server(("", port), backlog=128) as opened:
                socket.send_fds(channel, [b"open"], [opened.fileno()])
        except OSError as error:
            channel.send(os.strerror(error.errno or 0).encode())


if __name__ == "__main__":
    main()
