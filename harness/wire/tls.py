"""A certificate authority for one run, and the TLS contexts of the hosts that it certifies.

Its private key exists in this process's memory only. What clients need, its certificate, is public and in
a file of its own.
"""

from __future__ import annotations

import os
import ssl
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import trustme

__all__ = ["Authority", "NamedSocket"]


class NamedSocket(ssl.SSLSocket):
    """A server's TLS socket that knows which host the client asked for (SNI); None if it named none."""

    asked_for: str | None = None


class Authority:
    """Certifies any host; clients that are given `ca_file` trust it. Close it when the run is over."""

    def __init__(self) -> None:
        self._issuer = trustme.CA(organization_name="conformance harness", organization_unit_name="this run")
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._lock = threading.Lock()
        self._folder = tempfile.TemporaryDirectory(prefix="harness-authority-")
        self.ca_file = Path(self._folder.name) / "ca.pem"
        """The certificate as a PEM file, there until `close`."""
        self.ca_file.write_bytes(self._issuer.cert_pem.bytes())

    def context(self, host: str) -> ssl.SSLContext:
        """A server's context, made at the first call for this host. It speaks HTTP/1.1 only, and shows a
        client that asks for another host that one's certificate. Its sockets are `NamedSocket`s.

        Raises `ValueError` for a host that no certificate can name.
        """
        with self._lock:
            found = self._contexts.get(host)
            if found is None:
                found = self._contexts[host] = self._context(host)
            return found

    def close(self) -> None:
        """Remove the certificate's file."""
        self._folder.cleanup()

    def __enter__(self) -> Authority:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _context(self, host: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.sslsocket_class = NamedSocket
        context.set_alpn_protocols(["http/1.1"])
        context.sni_callback = self._show
        leaf = self._issuer.issue_cert(host, common_name=host[:64])
        with _readable_by_openssl(leaf.private_key_and_cert_chain_pem) as path:
            context.load_cert_chain(path)
        return context

    def _show(self, tls: object, name: str | None, context: ssl.SSLContext) -> int | None:
        """Take up the name that a client asks for, before it is shown a certificate."""
        if name is None or not isinstance(tls, NamedSocket):
            return None
        tls.asked_for = name.lower()
        try:
            tls.context = self.context(tls.asked_for)
        except ValueError:
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        return None


@contextmanager
def _readable_by_openssl(pem: trustme.Blob) -> Iterator[str]:
    """A path at which OpenSSL, which takes keys from files only, can read `pem`: in memory where the
    system has such files, else a temporary one that only this user can read."""
    if not hasattr(os, "memfd_create"):
        with pem.tempfile() as path:
            yield path
        return
    descriptor = os.memfd_create("harness-leaf", os.MFD_CLOEXEC)
    try:
        os.write(descriptor, pem.bytes())
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)
