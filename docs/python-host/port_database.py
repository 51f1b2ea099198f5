"""Session and tables in one transaction, by the rules that keep a port, the old scripts and other gateways apart.

The same for every page: read docs/port-hosts.md, "The rules of the transaction", before anything in here is changed.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import urllib.parse
from decimal import Decimal
from typing import Any, Optional

import pymysql
from pymysql.constants import CLIENT, FIELD_TYPE, SERVER_STATUS
from pymysql.converters import conversions

import perl_session
from perl_session import Value

NOT_UNDONE = 1196  # ER_WARNING_NOT_COMPLETE_ROLLBACK
DOES_NOT_FIT = (1265, 1300, 1366, 1406)


def _decimal(digits: bytes) -> Decimal:
    return Decimal(digits.decode("ascii"))


class Problem(Exception):
    """Why a page was not made. The code is one of docs/errors.md, and decides whether the old script may answer."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class Store:
    """Where the sessions are: `session.store` of routes.yaml, mysql://user:password@host:3306/shop?table=sessions."""

    def __init__(self, url: str) -> None:
        parts = urllib.parse.urlsplit(url)
        options = dict(urllib.parse.parse_qsl(parts.query))
        self.table = options.get("table", "sessions")
        self.id_column = options.get("id", "id")
        self.data_column = options.get("data", "a_session")
        self.charset = options.get("charset", "latin1")  # of the Perl's connection: it decides which bytes Perl sees
        for name in (self.table, self.id_column, self.data_column, self.charset):
            if re.fullmatch(r"[A-Za-z0-9_$.]+", name) is None:
                raise ValueError(f"{name} cannot be a name in SQL")
        self.connection = {
            "user": urllib.parse.unquote(parts.username or ""),
            "password": urllib.parse.unquote(parts.password or ""),
            "database": urllib.parse.unquote(parts.path[1:]),
            **({"unix_socket": options["socket"]} if "socket" in options else {"host": parts.hostname or "localhost"}),
            "port": parts.port or 3306,
        }

    @property
    def data(self) -> str:
        """The bytes of a session, as Perl sees them."""
        return f"CAST(CONVERT({self.data_column} USING {self.charset}) AS BINARY)"


class Database:
    """One transaction on a connection of its own: whatever a page leaves on it, locks or variables, ends with it."""

    def __init__(self, store: Store, seconds: float) -> None:
        self._where = store.connection
        try:
            self.connection = pymysql.connect(
                **store.connection,
                charset="latin1",
                use_unicode=False,  # Python's latin1 is not MySQL's: bytes stay bytes, and we make text of them
                conv={**conversions, FIELD_TYPE.DECIMAL: _decimal, FIELD_TYPE.NEWDECIMAL: _decimal},
                client_flag=CLIENT.FOUND_ROWS,  # an UPDATE counts the rows that it found, changed or not
                connect_timeout=3,
                read_timeout=max(seconds, 1),
            )
            with self.connection.cursor() as cursor:
                # Old scripts run with AutoCommit: they see what is committed at each statement, and so do we.
                cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
            self.connection.begin()
        except pymysql.MySQLError as error:
            raise Problem("DATABASE_DOWN", f"no transaction could be begun: {error}") from error
        self.failed: Optional[Exception] = None

    def query(self, sql: str, values: tuple = ()) -> list[dict[str, Any]]:
        """The rows of a statement with %s for values. Text is one character a byte."""
        return self.run(sql, values)[1]

    def run(self, sql: str, values: tuple = ()) -> tuple[int, list[dict[str, Any]]]:
        """How many rows it found, and the rows it gives."""
        with self.connection.cursor(pymysql.cursors.DictCursor) as cursor:
            try:
                cursor.execute(sql, tuple(_bytes_of(value) for value in values) or None)
            except Exception as error:
                # A deadlock has undone the whole transaction: what came after it would stand alone.
                self.failed = self.failed or error
                raise
            if not self.connection.server_status & SERVER_STATUS.SERVER_STATUS_IN_TRANS:
                self.failed = Problem("TRACE_LEFT", "a statement ended the transaction: what came before is committed")
                raise self.failed
            rows = [{key: _text_of(value) for key, value in row.items()} for row in cursor.fetchall()]
            return cursor.rowcount, rows

    def must_be_sound(self) -> None:
        """A statement that failed fails the page, also where the page has caught it."""
        if self.failed is not None:
            raise self.failed

    def commit(self) -> None:
        try:
            self.connection.commit()
        except Exception as error:
            raise Problem("COMMIT_UNCERTAIN", f"COMMIT was sent and not answered: {error}") from error

    def roll_back(self) -> None:
        """Undoes all, and raises TRACE_LEFT where something stays: a table was written that does not roll back."""
        try:
            self.connection.rollback()
            stays = [text for _, code, text in self.connection.show_warnings() if int(code) == NOT_UNDONE]
        except Exception:
            return self._kill()  # nobody can be asked; a connection that ends is rolled back
        if stays:
            raise Problem("TRACE_LEFT", f"the server says: {stays[0]!r}")

    def _kill(self) -> None:
        """Ends at the server, too, what still runs there: whoever waits for its locks is not to wait for that."""
        with contextlib.suppress(Exception):
            with contextlib.closing(pymysql.connect(**self._where, connect_timeout=3)) as other:
                other.cursor().execute("KILL %s", (self.connection.thread_id(),))

    def close(self) -> None:
        with contextlib.suppress(Exception):
            self.connection.close()


def _bytes_of(value: Any) -> Any:
    """Text in the one form in which PyMySQL sends each character as the byte that it stands for."""
    return value.encode("latin-1").decode("ascii", "surrogateescape") if isinstance(value, str) else value


def _text_of(value: Any) -> Any:
    return value.decode("latin-1") if isinstance(value, bytes) else value


class Session:
    """The visitor's session in the transaction of his request, as CGI::Session->new would give it to a script."""

    def __init__(self, database: Database, store: Store, errand: dict[str, Any]) -> None:
        self._database, self._store, self._errand = database, store, errand
        self._may_write = errand["sessionUse"] == "write"
        self._now = errand["receivedAtMs"] // 1000
        self._stored = self._read()
        self.is_new = self._stored is None
        if self._stored is None:
            self._data = perl_session.begin(self._now, errand["clientAddress"])
        elif self._may_write:
            self._data["_SESSION_ATIME"] = self._now

    def get(self, key: str) -> Value:
        return None if key.startswith("_SESSION_") else self._data.get(key)

    def set(self, key: str, value: Value) -> None:
        if not self._may_write:
            raise TypeError("the route of this page does not say `session: write`")
        if key.startswith("_SESSION_"):
            raise TypeError(f"{key} belongs to the session itself")
        self._data[key] = value

    def expire(self, seconds: int) -> None:
        """Lets the session end so long after its last request."""
        if self._may_write:
            self._data["_SESSION_ETIME"] = seconds

    def cookie(self, name: str) -> str:
        return perl_session.cookie(self._data, name, self._now)

    def save(self) -> None:
        """Writes it, as the last thing before COMMIT."""
        if not self._may_write:
            return
        # Rather no session than half of one: where it is cut, Perl can never read it again.
        self._database.run("SET SESSION sql_mode = 'STRICT_ALL_TABLES'")
        written = _literal(perl_session.encode(self._data, self._stored), self._store.charset)
        store = self._store
        try:
            if self._stored is not None:
                return self._change(f"UPDATE {store.table} SET {store.data_column} = {written}")
            own = _literal(perl_session.id_of(self._data).encode("latin-1"))
            self._database.run(
                f"INSERT INTO {store.table} ({store.id_column}, {store.data_column}) VALUES ({own}, {written})"
            )
        except pymysql.MySQLError as error:
            if error.args[0] in DOES_NOT_FIT:
                raise Problem("SESSION_UNWRITABLE", "the session does not fit its column") from error
            raise

    @property
    def _is_this(self) -> str:
        """Hexadecimal digits: an id comes from the visitor, and nothing of it can act as SQL."""
        return f"{self._store.id_column} = {_literal(self._errand['sessionId'].encode('latin-1'))}"

    def _read(self) -> Optional[bytes]:
        """Its bytes; None for a visitor who has none, or one that is over. An id that he made up is never adopted."""
        store, fence = self._store, self._errand["fence"]
        if self._errand["sessionId"] is None:
            return None
        if self._may_write and fence is not None and fence["kind"] not in ("name", "row"):
            raise Problem("SESSION_UNREADABLE", f"this host knows no turns of kind {fence['kind']}")
        lock = " FOR UPDATE" if self._may_write else ""
        rows = self._database.query(f"SELECT HEX({store.data}) AS hex FROM {store.table} WHERE {self._is_this}{lock}")
        if not rows:
            return None
        stored = bytes.fromhex(rows[0]["hex"])
        self._data = perl_session.decode(stored)
        perl_session.id_of(self._data)
        if perl_session.load(self._data, self._now):
            return stored
        self._stored = stored
        if self._may_write:
            self._change(f"DELETE FROM {store.table}")
        return None

    def _change(self, sql: str) -> None:
        """Changes the row where the turn is held and it still is what was read: the statement itself asks both."""
        fence = self._errand["fence"]
        digest = hashlib.md5(self._stored or b"").hexdigest()
        held, values = _held(fence)
        where = f"WHERE {self._is_this} AND MD5({self._store.data}) = %s AND {held}"
        found, _ = self._database.run(f"{sql} {where}", (digest, *values))
        if (found == 0 or fence["kind"] == "row") and not _still_holds(self._database, fence):
            raise Problem("LEASE_LOST", "the turn in the session was lost before the page could write")
        if found == 0:
            raise Problem("SESSION_STALE", "the session was changed, or removed, by somebody without a turn")


def _literal(data: bytes, charset: str = "latin1") -> str:
    return f"_{charset} X'{data.hex()}'" if data else "''"


def _held(fence: Optional[dict[str, Any]]) -> tuple[str, tuple]:
    """What a statement asks in its WHERE: of the kinds of turns only a named lock can be asked for there."""
    if fence is None:
        raise Problem("LEASE_LOST", "the session is to be written without a turn")
    if fence["kind"] == "row":
        return "TRUE", ()
    return "IS_USED_LOCK(%s) = %s", (fence["lockName"], fence["connectionId"])


def _still_holds(database: Database, fence: dict[str, Any]) -> bool:
    """For a turn that is a row this also keeps it until COMMIT: whoever would take it over waits for us."""
    if fence["kind"] == "row":
        sql = "UPDATE banyan_locks SET writes = writes + 1 WHERE name = %s AND owner = %s AND token = %s"
        return database.run(sql, (fence["lockName"], fence["owner"], fence["token"]))[0] == 1
    held, values = _held(fence)
    return database.query(f"SELECT {held} AS held", values)[0]["held"] == 1
