"""A loopback server for Tavern: it answers an input with the request that the reference builds for it.

`python -m benchmarks.echo_server` prints its port and serves until its standard input is closed.
"""

from __future__ import annotations

import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import orjson

from harness_openclaw import reference


class _Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        given = orjson.loads(self.rfile.read(int(self.headers["Content-Length"])))
        request = reference.shape(given)
        answer = orjson.dumps(
            {"url": request.url, "headers": dict(request.headers), "body": orjson.loads(request.body)}
        )
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()
