"""Stand-ins for the services, to test what `novabot up` does with them.

`python -m tests.system.standin up --data DIR …` runs up with services that only answer /ready;
one whose name has a file `DIR/broken-NAME` fails at start.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from app.local.up import Ports, UpError, run_up
from app.settings import load_settings

PROGRAM = (sys.executable, "-m", "tests.system.standin", "serve")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b"ready"
        self.send_response(200 if self.path == "/ready" else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: object = "-", size: object = "-") -> None:
        print(f"[info     ] {self.requestline} {code}", flush=True)


def main() -> None:
    match sys.argv[1:]:
        case ["up", data, dashboard, simulator, first_bot]:
            ports = Ports(int(dashboard), int(simulator), int(first_bot), 2)
            try:
                run_up(load_settings(data_dir=data), ports, PROGRAM)
            except UpError as error:
                sys.exit(f"novabot: {error}")
        case ["serve", name, "--host", host, "--port", port, *_]:
            serve(name, host, int(port))
        case arguments:
            sys.exit(f"standin: {arguments}?")


def serve(name: str, host: str, port: int) -> None:
    settings = load_settings(need=("database_url", "secret_key", "whatsapp_app_secret"))
    if (settings.data_dir / f"broken-{name}").exists():
        sys.exit("this one is broken")
    threading.Thread(target=end_at_eof, daemon=True).start()
    for order in (signal.SIGTERM, signal.SIGINT):
        signal.signal(order, lambda *_: sys.exit(0))
    print("[warning  ] warned", flush=True)
    ThreadingHTTPServer((host, port), Handler).serve_forever()


def end_at_eof() -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
