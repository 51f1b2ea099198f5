"""A port host for banyan in Python: does the errands of a gateway, HTTP/1.1 on a unix socket.

Copy this file, port_database.py and perl_session.py as they are, and write pages of your own as in shop.py. What is
said to the gateway, and when, is in docs/port-hosts.md.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import signal
import socket
import socketserver
import sys
import threading
import time
import traceback
from typing import Any, BinaryIO, Callable, Iterator, NamedTuple, Optional

import pymysql

from perl_session import Unreadable, Unwritable
from port_database import Database, Problem, Session, Store

MOST_HEAD_BYTES = 65_536  # a visitor's own fields may take 48 kB, and the errand comes on top
BODILESS = (204, 304)
CONNECTION_LOST = (2003, 2006, 2013)


class Answer(NamedTuple):
    """What a page answers. Who sends it says how long it is."""

    status: int
    fields: list[tuple[str, str]]
    body: bytes


def html(page: str, cookies: tuple[str, ...] = (), status: int = 200) -> Answer:
    """A page as CGI.pm sends it. What latin-1 lacks becomes an entity."""
    fields = [("Set-Cookie", cookie) for cookie in cookies] + [("Content-Type", "text/html; charset=ISO-8859-1")]
    return Answer(status, fields, page.encode("latin-1", "xmlcharrefreplace"))


class Request:
    """The visitor's request, and what a page works with. Text is one character a byte."""

    session: Session
    database: Database

    def __init__(self, target: str, fields: list[tuple[str, str]], body: bytes) -> None:
        errand = [value for name, value in fields if name == "banyan-errand"]
        if len(errand) != 1:
            raise Problem("PORT_FAILED", "the request has no errand: who asks is no gateway")
        self.errand: dict[str, Any] = json.loads(base64.b64decode(errand[0]))
        self.method: str = self.errand["method"]
        self.path, _, self.query = target.partition("?")
        self.fields = [(name, value) for name, value in fields if not name.startswith("banyan-")]
        self.body = body
        self.ends = time.monotonic() + self.errand["timeoutMs"] / 1000

    def field(self, name: str) -> Optional[str]:
        """The first value of a header field; the name in small letters."""
        return next((value for each, value in self.fields if each == name), None)

    def cookie(self, name: str) -> Optional[str]:
        """A cookie as CGI.pm reads it; None where there is none, or it is empty."""
        for pair in re.split("[;,]", self.field("cookie") or ""):
            key, equals, value = pair.strip(" \t").partition("=")
            if equals and _unescape(key) == name:
                return _unescape(value.partition("&")[0]) or None
        return None

    def param(self, name: str) -> Optional[str]:
        """The first value of a parameter as CGI.pm reads it: of a POST in the form, and not in the address."""
        text = self.query if self.method in ("GET", "HEAD") else self._form()
        for pair in re.split("[&;]", text) if re.search("[&;=]", text) else ():
            key, _, value = pair.partition("=")
            if _unescape(key) == name:
                return _unescape(value)
        return None

    def _form(self) -> str:
        kind = self.field("content-type") or ""
        if self.method == "POST" and kind.startswith("application/x-www-form-urlencoded"):
            return self.body.decode("latin-1")
        raise Problem("PORT_HANDED_OVER", "a form that only CGI.pm knows how to read")


def _unescape(text: str) -> str:
    if "%u" in text:
        raise Problem("PORT_HANDED_OVER", "an escape that only CGI.pm knows how to read")
    return re.sub("%([0-9a-fA-F]{2})", lambda found: chr(int(found.group(1), 16)), text.replace("+", " "))


Page = Callable[[Request], Answer]


def work(request: Request, page: Page, store: Store, announce_commit: Callable[[], None]) -> Answer:
    """Runs a page. Where it raises nothing is left of it, unless it says TRACE_LEFT or COMMIT_UNCERTAIN."""
    database = request.database = Database(store, request.ends - time.monotonic())
    try:
        try:
            if request.errand["sessionUse"] != "none":
                request.session = Session(database, store, request.errand)
            answer = page(request)
            refuse_unsayable(answer)
            database.must_be_sound()
            if request.errand["sessionUse"] != "none":
                request.session.save()
            if time.monotonic() > request.ends:
                raise Problem("PORT_TIMEOUT", "the page was not ready in time")
            announce_commit()
        except BaseException as error:
            database.roll_back()
            if time.monotonic() > request.ends and not isinstance(error, Problem):
                raise Problem("PORT_TIMEOUT", f"the time was over: {error}") from error
            raise
        database.commit()
        return answer
    finally:
        database.close()


def refuse_unsayable(answer: Answer) -> None:
    """Before the commit: an answer that cannot be sent must not have done anything."""
    for name, value in answer.fields:
        if re.fullmatch(r"[A-Za-z0-9-]+", name) is None or re.search(r"[^\t\x20-\x7e\x80-\xff]", value):
            raise ValueError(f"the field {name} cannot be sent")
    if answer.status in BODILESS and answer.body:
        raise ValueError(f"a {answer.status} has no body")


def problem_of(error: BaseException) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, Unreadable):
        return Problem("SESSION_UNREADABLE", str(error))
    if isinstance(error, Unwritable):
        return Problem("SESSION_UNWRITABLE", str(error))
    is_lost = isinstance(error, pymysql.OperationalError) and error.args[0] in CONNECTION_LOST
    return Problem("DATABASE_DOWN" if is_lost else "PORT_FAILED", f"{type(error).__name__}: {error}")


class Connection(socketserver.StreamRequestHandler):
    """One connection of a gateway's, in a thread of its own: one errand after the other, until it is closed."""

    server: "PortHost"

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            while self.serve_next():
                pass

    def serve_next(self) -> bool:
        with self.server.waiting(self.connection):
            head = read_head(self.rfile)
        if head is None:
            return False
        method, target, fields = head
        try:
            request = Request(target, fields, read_body(self.rfile, dict(fields)))
            page = self.server.pages.get(request.errand["route"])
            if page is None:
                raise Problem("PORT_MISSING", f"this host has no page for the route {request.errand['route']}")
            answer = work(request, page, self.server.store, self.announce_commit)
        except Exception as error:
            problem = problem_of(error)
            if problem is not error:
                traceback.print_exc()
            answer = Answer(500, [("banyan-failure", problem.code)], str(problem).encode("utf-8", "replace"))
        else:
            answer = answer._replace(fields=[*answer.fields, ("banyan-answer", "1")])
        return self.send(answer, has_body=method != "HEAD")

    def announce_commit(self) -> None:
        """From here on nobody but the gateway's visitor can know whether it was done: legacy must not do it again."""
        try:
            hung_up = self.connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
        except BlockingIOError:
            hung_up = False
        if hung_up:
            raise Problem("PORT_FAILED", "the gateway hung up before the commit")
        # Returns when the kernel has it: from then on the gateway hears of it, also where we are killed.
        self.connection.sendall(b"HTTP/1.1 102 Processing\r\n\r\n")

    def send(self, answer: Answer, has_body: bool) -> bool:
        """Whether another errand may come on this connection."""
        goes_on = not self.server.is_ending
        fields = answer.fields + ([] if goes_on else [("Connection", "close")])
        if answer.status not in BODILESS:
            fields.append(("Content-Length", str(len(answer.body))))
        lines = [f"HTTP/1.1 {answer.status} ", *(f"{name}: {value}" for name, value in fields), "", ""]
        self.connection.sendall("\r\n".join(lines).encode("latin-1") + (answer.body if has_body else b""))
        return goes_on


def read_head(stream: BinaryIO) -> Optional[tuple[str, str, list[tuple[str, str]]]]:
    """Method, target and fields, their names in small letters; None where the gateway has hung up."""
    lines: list[str] = []
    size = 0
    while True:
        line = stream.readline(MOST_HEAD_BYTES)
        size += len(line)
        if not line.endswith(b"\r\n") or size > MOST_HEAD_BYTES:
            return None
        if line == b"\r\n":
            break
        lines.append(line[:-2].decode("latin-1"))
    method, target, _ = lines[0].split(" ")
    pairs = (line.partition(":") for line in lines[1:])
    return method, target, [(name.lower(), value.strip(" \t")) for name, _, value in pairs]


def read_body(stream: BinaryIO, fields: dict[str, str]) -> bytes:
    if fields.get("transfer-encoding") != "chunked":
        return read_exactly(stream, int(fields.get("content-length", "0")))
    pieces = []
    while True:
        size = int(stream.readline(100), 16)
        pieces.append(read_exactly(stream, size))
        stream.readline(100)
        if size == 0:
            return b"".join(pieces)


def read_exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise ConnectionError("the gateway hung up in the middle of a body")
    return data


class PortHost(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Serves pages by the names of their routes, until SIGTERM: then it finishes what it has."""

    request_queue_size = 128

    def __init__(self, path: str, store: Store, pages: dict[str, Page]) -> None:
        self.store, self.pages, self.path = store, pages, path
        self.is_ending = False
        self._idle: set[socket.socket] = set()
        self._lock = threading.Lock()
        remove_if_dead(path)
        before = os.umask(0o117)  # the socket is for us and our group: whoever connects can act as any session
        try:
            super().__init__(path, Connection)
        finally:
            os.umask(before)

    @contextlib.contextmanager
    def waiting(self, connection: socket.socket) -> Iterator[None]:
        """While a connection waits for its next errand it may be closed."""
        with self._lock:
            self._idle.add(connection)
            if self.is_ending:
                hang_up(connection)
        try:
            yield
        finally:
            with self._lock:
                self._idle.discard(connection)

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: threading.Thread(target=self.shutdown).start())
        self.serve_forever(poll_interval=0.1)
        os.unlink(self.path)
        self.socket.close()
        with self._lock:
            self.is_ending = True
            for connection in self._idle:
                hang_up(connection)
        self.server_close()  # waits for the threads


def hang_up(connection: socket.socket) -> None:
    """Has its thread find that nothing more will come."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RD)


def remove_if_dead(path: str) -> None:
    """A host that was killed has left its socket behind."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(path)
        except FileNotFoundError:
            return
        except ConnectionRefusedError:
            return os.unlink(path)
    sys.exit(f"somebody listens at {path} already")
