"""Sessions of CGI::Session (4.20 and newer, default serializer, `driver:mysql`), without Perl.

    $D = {'_SESSION_ID' => '5f3a…','_SESSION_ATIME' => 1764430000,'cart' => {'1001' => 2},'seen' => [1001]};;$D

Perl reads this with eval(): to Perl a session is a program. So what is written here knows one form for each kind of
value and no other, and what is read is read by a grammar that knows those forms and no other. Whatever else Perl could
make of a text (objects, code, things that are in it twice) is Unreadable, and the old script serves that visitor.

Text is one character a byte, as in Perl. A page that speaks UTF-8 encodes and decodes by itself.
"""

from __future__ import annotations

import re
import secrets
import time
from typing import Iterator, Optional, Union

Value = Union[None, int, str, "list[Value]", "dict[str, Value]"]

# In '…' a backslash stands before a backslash or a quote, and nowhere else.
QUOTED = re.compile(r"'([^'\\]*(?:\\['\\][^'\\]*)*)'")
# "…" is for text with characters that are no bytes. An unescaped $ or @ would have Perl look for a variable.
SPELLED = re.compile(r'"([^"\\$@]*(?:\\(?:["\\$@]|x\{[0-9a-f]{1,6}\})[^"\\$@]*)*)"')
# Longer numbers are written in quotes; to Perl a leading zero would mean octal.
INTEGER = re.compile(r"0|-?[1-9][0-9]{0,9}")
LONGEST_BARE_INTEGER = 10
MOST_DEPTH = 100


class Unreadable(Exception):
    """The session is there, and is nothing that this reader knows. It says where, and never what stands there."""


class Unwritable(Exception):
    """A value that Perl would not read back as the same."""


def decode(data: bytes) -> dict[str, Value]:
    """The keys of a session, in their order."""
    return {key: value for key, value, _ in _Reader(data).session()}


def encode(session: dict[str, Value], like: Optional[bytes] = None) -> bytes:
    """The text of a session. Keys that are as they were in `like` keep the bytes that they had there."""
    texts = {} if like is None else {key: (value, text) for key, value, text in _Reader(like).session()}
    pairs = []
    for key, value in session.items():
        before, text = texts.get(key, (None, None))
        pairs.append(f"{_write(key, 0)} => {text if text is not None and before == value else _write(value, 1)}")
    return ("$D = {" + ",".join(pairs) + "};;$D").encode("latin-1")


class _Reader:
    """A cursor over the text of a session."""

    def __init__(self, data: bytes) -> None:
        self.text = data.decode("latin-1")
        self.at = 0

    def session(self) -> Iterator[tuple[str, Value, str]]:
        """Each key with its value, and the text of that."""
        self.expect("$D = {")
        pairs = list(self.pairs(1))
        self.expect(";")
        if self.at < len(self.text):
            self.expect(";$D")
        if self.at < len(self.text):
            self.fail("text after its end")
        return iter(pairs)

    def pairs(self, depth: int) -> Iterator[tuple[str, Value, str]]:
        seen = set()
        while not self.take("}"):
            if seen:
                self.expect(",")
            key = self.string()
            if key is None or key in seen:
                self.fail("a key was expected, each once")
            seen.add(key)
            self.expect(" => ")
            start = self.at
            value = self.value(depth)
            yield key, value, self.text[start : self.at]

    def value(self, depth: int) -> Value:
        if depth > MOST_DEPTH:
            self.fail("too deep")
        if self.take("undef"):
            return None
        if self.take("{"):
            return {key: value for key, value, _ in self.pairs(depth + 1)}
        if self.take("["):
            items: list[Value] = []
            while not self.take("]"):
                if items:
                    self.expect(",")
                items.append(self.value(depth + 1))
            return items
        text = self.string()
        if text is not None:
            return text
        number = self.match(INTEGER)
        return int(number.group()) if number is not None else self.fail("a value was expected")

    def string(self) -> Optional[str]:
        quoted = self.match(QUOTED)
        if quoted is not None:
            return re.sub(r"\\(.)", r"\1", quoted.group(1))
        spelled = self.match(SPELLED)
        if spelled is None:
            return None
        return re.sub(r"\\(?:x\{([0-9a-f]+)\}|(.))", self.unescape, spelled.group(1))

    def unescape(self, escape: re.Match) -> str:
        if escape.group(1) is None:
            return escape.group(2)
        code = int(escape.group(1), 16)
        if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
            self.fail("a character that Unicode does not have")
        return chr(code)

    def match(self, pattern: re.Pattern) -> Optional[re.Match]:
        found = pattern.match(self.text, self.at)
        if found is not None:
            self.at = found.end()
        return found

    def take(self, literal: str) -> bool:
        if not self.text.startswith(literal, self.at):
            return False
        self.at += len(literal)
        return True

    def expect(self, literal: str) -> None:
        if not self.take(literal):
            self.fail(f"expected {literal}")

    def fail(self, reason: str):
        raise Unreadable(f"byte {self.at} of the session: {reason}")


def _write(value: Value, depth: int) -> str:
    """Exactly these types: a bool or a float is a number in Python, and Perl would read something else."""
    if depth > MOST_DEPTH:
        raise Unwritable("too deep, or it contains itself")
    if value is None:
        return "undef"
    if type(value) is int:
        return str(value) if len(str(value)) <= LONGEST_BARE_INTEGER else f"'{value}'"
    if type(value) is str:
        return _write_text(value)
    if type(value) is list:
        return "[" + ",".join(_write(item, depth + 1) for item in value) + "]"
    if type(value) is dict and all(type(key) is str for key in value):
        return "{" + ",".join(f"{_write_text(k)} => {_write(v, depth + 1)}" for k, v in value.items()) + "}"
    raise Unwritable(f"a {type(value).__name__} has no form in Perl; write the text that Perl is to see")


def _write_text(text: str) -> str:
    if all(character <= "\xff" for character in text):
        return "'" + re.sub(r"([\\'])", r"\\\1", text) + "'"
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise Unwritable("text with half a surrogate pair")
    escaped = re.sub(r'(["\\$@])', r"\\\1", text)
    return '"' + re.sub(r"[^\0-\x7f]", lambda found: "\\x{%x}" % ord(found.group()), escaped) + '"'


# --- what CGI::Session means by the keys that it keeps for itself


def begin(now: int, address: str) -> dict[str, Value]:
    """A session for a visitor who has none."""
    return {
        "_SESSION_ID": secrets.token_hex(16),
        "_SESSION_CTIME": now,
        "_SESSION_ATIME": now,
        "_SESSION_REMOTE_ADDR": address,
    }


def load(session: dict[str, Value], now: int) -> bool:
    """What CGI::Session does as it loads: drops keys whose time is over. False where the session's own time is."""
    used = _seconds(session.get("_SESSION_ATIME"))
    lasts = _seconds(session.get("_SESSION_ETIME"))
    if lasts != 0 and used + lasts <= now:
        return False
    times = session.get("_SESSION_EXPIRE_LIST") or {}
    if type(times) is not dict:
        raise Unreadable("_SESSION_EXPIRE_LIST is no hash")
    for key, seconds in times.items():
        if not key.startswith("_SESSION_") and used + _seconds(seconds) <= now:
            session.pop(key, None)
    return True


def id_of(session: dict[str, Value]) -> str:
    """The id that the session says it has."""
    own = session.get("_SESSION_ID")
    if type(own) not in (str, int) or own == "":
        raise Unreadable("the session does not say its own id")
    return str(own)


def cookie(session: dict[str, Value], name: str, now: int) -> str:
    """The value of the Set-Cookie field, byte for byte that of `$session->cookie`."""
    escaped = re.sub(r"[^\w.~-]", lambda found: "%%%02X" % ord(found.group()), id_of(session), flags=re.ASCII)
    lasts = _seconds(session.get("_SESSION_ETIME"))
    if lasts == 0:
        return f"{name}={escaped}; path=/"
    date = time.strftime("%a, %d-%b-%Y %H:%M:%S GMT", time.gmtime(now + lasts))
    return f"{name}={escaped}; path=/; expires={date}"


def _seconds(value: Value) -> int:
    if value is None or value == "":
        return 0
    if type(value) is int or (type(value) is str and re.fullmatch(r"-?[0-9]{1,15}", value)):
        return int(value)
    raise Unreadable("a time of the session is no number")
