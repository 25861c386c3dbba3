"""From CONNECT to a session: transport, protocol, data types, authentication."""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

from oracle_standin import const as c
from oracle_standin.errors import OraError

from .auth import Exchange
from .context import STANDARD_STRING
from .requests import read_pairs
from .responses import write_pairs
from .wire import ProtocolError, Writer

if TYPE_CHECKING:
    from .session import Session

PROTOCOL_VERSION = 319  # highest version of the transport that is spoken
BANNER = b"x86_64/Linux 2.4.xx\0"
_NO_SUCH_SERVICE = (
    b"(DESCRIPTION=(TMP=)(VSNNUM=0)(ERR=12514)(ERROR_STACK=(ERROR=(CODE=12514)(EMFI=4))))"
)
_SERVICE = re.compile(r"\((?:SERVICE_NAME|SID)=([^)]*)\)", re.IGNORECASE)


def connect(s: Session) -> bool:
    """Accept or refuse the transport; gives False when it is refused."""
    kind, body = s.stream.read_packet()
    if kind != c.PKT_CONNECT:
        msg = f"packet type {kind} instead of CONNECT"
        raise ProtocolError(msg)
    version, _, _, sdu = struct.unpack_from(">4H", body)
    size, offset = struct.unpack_from(">HH", body, 16)
    if offset >= 74:
        (sdu,) = struct.unpack_from(">I", body, 50)
    data = body[offset - c.HEADER_LEN : offset - c.HEADER_LEN + size]
    if not data:  # over 230 bytes: in a DATA packet
        data = s.stream.read_packet()[1][2:]
    found = _SERVICE.search(data.decode(errors="replace"))
    s.service = found[1] if found else ""
    profile = s.server.profile
    if profile.services and s.service.upper() not in profile.services:
        head = struct.pack(">BBH", 34, 0, len(_NO_SUCH_SERVICE))
        s.stream.send_packet(c.PKT_REFUSE, head + _NO_SUCH_SERVICE)
        return False
    _accept(s, min(version, PROTOCOL_VERSION), min(max(sdu, 512), profile.sdu))
    return True


def _accept(s: Session, version: int, sdu: int) -> None:
    small = min(sdu, 65535)
    body = struct.pack(">HHHHHHH", version, 0, small, small, 0x0100, 0, 0)
    body = body.ljust(14, b"\0") + bytes((0x04, 0x04))  # no native services
    body = body.ljust(24, b"\0") + struct.pack(">II", sdu, sdu) + b"\0"
    body += struct.pack(">I", 0)  # flags 2: no fast auth, OOB check, EOR
    s.stream.send_packet(c.PKT_ACCEPT, body.ljust(61 - c.HEADER_LEN, b"\0"))
    s.stream.large, s.stream.sdu = True, sdu


def on_protocol(s: Session) -> None:
    r = s.r
    while r.ub1():  # list of versions, ended by 0
        pass
    while r.ub1():  # client's name, ended by 0
        pass
    caps = bytearray(55)
    caps[7] = s.server.profile.field_version
    caps[15], caps[16], caps[17], caps[18], caps[19] = 0x29, 0x90, 3, 7, 3
    caps[23] = 0x87
    runtime = bytearray(11)
    runtime[0], runtime[1] = 2, 1  # 1: time zones in the data types message
    runtime[6] = 0x04 if s.server.profile.max_string > STANDARD_STRING else 0
    fdo = bytearray(11)
    fdo[9:11] = struct.pack(">H", c.CHARSET_UTF16)
    w = Writer().ub1(c.MSG_PROTOCOL, 6, 0).raw(BANNER)
    w.raw(struct.pack("<H", c.CHARSET_UTF8)).ub1(1).raw(struct.pack("<H", 0))
    w.raw(struct.pack(">H", len(fdo)) + fdo).bytes_(bytes(caps)).bytes_(bytes(runtime))
    s.reply(w)


def on_data_types(s: Session) -> None:
    r = s.r
    r.raw(5)  # two character sets, encoding flags
    caps = r.bytes_() or bytes(8)
    runtime = r.bytes_() or b""
    s.fv = min(s.server.profile.field_version, caps[7])
    w = Writer().ub1(c.MSG_DATA_TYPES)
    if len(runtime) > 1 and runtime[1] & 1:  # both sides exchange a time zone
        r.raw(11)
        w.raw(bytes((0x80, 0, 0, 0, 60, 60, 60, 0x80, 0, 0, 0)))
    while any(r.raw(2)):
        if any(r.raw(2)):
            r.raw(4)
    s.reply(w.raw(b"\0\0"))


def _read_auth(s: Session) -> tuple[str, dict[str, str]]:
    r = s.r
    r.ub1()
    size = r.uint()
    r.skip("n1")  # logon mode
    pairs = r.uint()
    r.skip("11")
    user = (r.bytes_() or b"").decode() if size else ""
    return user, read_pairs(r, pairs)


def on_auth_one(s: Session) -> None:
    user, s.said = _read_auth(s)
    s.user = user[1:-1] if user.startswith('"') else user.upper()
    password = s.server.backend.password(s.user)
    verifier = s.server.verifier(s.user, password)
    s.exchange = Exchange(verifier, known=password is not None)
    w = Writer()
    write_pairs(w, s.exchange.challenge(), {"AUTH_VFR_DATA": c.VERIFIER_12C})
    s.reply_end(w)


def on_auth_two(s: Session) -> None:
    _, pairs = _read_auth(s)
    if s.login is not None:
        if s.exchange is None or not s.exchange.knows(pairs.get("AUTH_PASSWORD", "")):
            raise OraError(28008, "invalid old password")
        _change_password(s, pairs)
        return s.reply_end()
    if s.exchange is None or not s.exchange.check(pairs):
        raise OraError(1017, "invalid username/password; logon denied")
    if "AUTH_NEWPASSWORD" in pairs:
        _change_password(s, pairs)
    with s.struck(f"CONNECT {s.user}"):
        s.login = s.server.backend.open(s.user)
    _identify(s, s.said | pairs)
    w = Writer()
    write_pairs(w, _welcome(s, s.exchange.server_response()))
    return s.reply_end(w)


def _change_password(s: Session, pairs: dict[str, str]) -> None:
    """Keep a new password, which the session's key hides."""
    new = s.exchange.clear(pairs.get("AUTH_NEWPASSWORD", "")) if s.exchange else b""
    if len(new) > LONGEST_PASSWORD:
        raise OraError(28218, f"password length more than {LONGEST_PASSWORD} bytes")
    if not new or s.exchange is None:
        raise OraError(988, "missing or invalid password(s)")
    s.server.backend.set_password(s.user, new.decode())
    s.exchange.verifier = s.server.verifier(s.user, new.decode())


LONGEST_PASSWORD = 1024
_TOLD = {
    "AUTH_PROGRAM_NM": "program",
    "AUTH_MACHINE": "machine",
    "AUTH_TERMINAL": "terminal",
    "AUTH_SID": "osuser",
    "SESSION_CLIENT_DRIVER_NAME": "driver",
}
"""What a client says of itself."""


def _identify(s: Session, pairs: dict[str, str]) -> None:
    said = {_TOLD[key]: value for key, value in pairs.items() if key in _TOLD}
    said |= {
        "ctx" + key[3:].upper(): value for key, value in pairs.items() if key.startswith("ctx.")
    }
    s.backend.identify({"serial": _serial(s), "service": s.service, **said})


def _serial(s: Session) -> str:
    return str(s.number & 0xFFFF or 1)


def _welcome(s: Session, proof: str) -> dict[str, str]:
    """Return what a client learns about its session and the server."""
    major, minor, patch = s.server.profile.version
    return {
        "AUTH_VERSION_STRING": "- Production",
        "AUTH_VERSION_SQL": "26",
        "AUTH_VERSION_NO": str(major << 24 | minor << 16 | patch << 12),
        "AUTH_SESSION_ID": str(s.backend.number),
        "AUTH_SERIAL_NUM": _serial(s),
        "AUTH_INSTANCENAME": "FREE",
        "AUTH_INSTANCE_NO": "1",
        "AUTH_SC_SERVICE_NAME": s.service,
        "AUTH_SC_DBUNIQUE_NAME": "FREE",
        "AUTH_SC_REAL_DBUNIQUE_NAME": "FREE",
        "AUTH_SC_DB_DOMAIN": "",
        "AUTH_SC_INSTANCE_NAME": "FREE",
        "AUTH_MAX_OPEN_CURSORS": "300",
        "AUTH_MAX_IDEN_LENGTH": "128",
        "AUTH_SVR_RESPONSE": proof,
    }
