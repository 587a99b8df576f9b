"""A web server as a source: in a thread of the test, with files, and with everything that can go wrong."""

import contextlib
import gzip
import http.server
import ssl
import subprocess
import threading

ROWS = 300_000
TOKEN = "Palatschinken-9.f00=="
BIG = b"id,word\n" + b"".join(b"%d,x%d\n" % (n, n) for n in range(ROWS))
SMALL = b"id,word\n1,eins\n2,zwei\n3,drei\n"
MODIFIED = "Sun, 06 Nov 1994 08:49:37 GMT"


def certificate(folder):
    """Of `localhost`, signed by itself; with its key in one file."""
    both = folder / "localhost.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", folder / "key.pem", "-out", both],
        check=True, capture_output=True)
    both.write_text(both.read_text() + (folder / "key.pem").read_text())
    return both


class Files(http.server.BaseHTTPRequestHandler):
    """What lies below `/data/`; some of it goes wrong as the server's `faults` say."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        web = self.server
        web.seen.append((self.path, self.headers["Host"], self.headers["Authorization"]))
        # Below `odd/` a folder answers as the file of its name does.
        name = self.path.removeprefix("/data/").removeprefix("odd/").rstrip("/")
        answer = {
            "": lambda: self.answer(b"no listing", 404),
            "small.csv": lambda: self.answer(SMALL, **{"Last-Modified": MODIFIED, "ETag": '"1"'}),
            "big.csv.gz": lambda: self.answer(gzip.compress(BIG)),
            "chunked.csv": self.chunked,
            "gr%C3%BCn%20a%3Fb.csv": lambda: self.answer(SMALL),
            "short.csv": lambda: self.answer(SMALL, length=len(SMALL) + 100),
            "breaks.csv": lambda: self.answer(BIG[:len(BIG) // 2], length=len(BIG)) if web.fault() else self.answer(BIG),
            "cut.csv": lambda: self.chunked(ends=not web.fault()),
            "busy.csv": lambda: self.answer(b"", 503) if web.fault() else self.answer(SMALL),
            "many.csv": lambda: self.answer(b"", 429) if web.fault() else self.answer(SMALL),
            "away.csv": lambda: self.answer(b"", 302, Location="http://169.254.169.254/latest/meta-data/hidden"),
            "to-other.csv": lambda: self.answer(b"", 307, Location=web.other),
            "shut.csv": lambda: self.answer(b"", 403),
            "zipped.csv": lambda: self.answer(gzip.compress(SMALL), **{"Content-Encoding": "gzip"}),
            "token.csv": lambda: self.answer(SMALL if self.headers["Authorization"] == f"Bearer {TOKEN}" else b"",
                                             200 if self.headers["Authorization"] == f"Bearer {TOKEN}" else 401),
            "silent.csv": web.released.wait,
            "slow.csv": self.slow,
        }.get(name, lambda: self.answer(b"", 404))
        with contextlib.suppress(OSError):
            answer()

    def answer(self, body, status=200, length=None, **fields):
        self.send_response(status)
        for name, value in {"Content-Length": str(length or len(body)), **fields}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = length is not None

    def chunked(self, ends=True):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        whole = BIG if ends else BIG[:len(BIG) // 3]
        for start in range(0, len(whole), 50_000):
            piece = whole[start:start + 50_000]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        if ends:
            self.wfile.write(b"0\r\n\r\n")
        self.close_connection = not ends

    def slow(self):
        """Half of it, and from the second time on the rest when the test says so."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(BIG)))
        self.end_headers()
        self.wfile.write(BIG[:len(BIG) // 2])
        # The first is to infer types, and comes whole.
        if self.server.asked("slow.csv") > 1:
            self.server.half_sent.set()
            self.server.released.wait(60)
        self.wfile.write(BIG[len(BIG) // 2:])

    def log_message(self, *arguments):
        pass


class Web(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, certificate_in):
        super().__init__(("127.0.0.1", 0), Files)
        self.scheme = "https" if certificate_in else "http"
        if certificate_in:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate(certificate_in))
            self.socket = context.wrap_socket(self.socket, server_side=True)
        self.seen, self.connections, self.other = [], 0, ""
        self.faults = []  # Of the next requests for what may go wrong: whether it does.
        self.half_sent, self.released = threading.Event(), threading.Event()

    def get_request(self):
        self.connections += 1
        return super().get_request()

    def handle_error(self, request, client_address):
        pass  # A client that has gone.

    def fault(self):
        return bool(self.faults) and self.faults.pop(0)

    def asked(self, name):
        return sum(path == f"/data/{name}" for path, _, _ in self.seen)

    @property
    def url(self):
        return f"{self.scheme}://localhost:{self.server_port}/data/"

    @classmethod
    @contextlib.contextmanager
    def running(cls, certificate_in=None):
        web = cls(certificate_in)
        thread = threading.Thread(target=web.serve_forever, daemon=True)
        thread.start()
        try:
            yield web
        finally:
            web.released.set()
            web.shutdown()
            web.server_close()
