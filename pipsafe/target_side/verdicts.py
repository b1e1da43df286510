"""How a handshake went, as the answers have it; see prober.py for what a VERDICT is.

Sources: CPython's Modules/_ssl.c and Modules/_ssl_data*.h (names of OpenSSL's reasons).
"""

# Python 3.7 syntax, stdlib only.
import re
import socket
import ssl
import sys

LONGEST_MESSAGE = 300
LONGEST_QUOTED = 60

RESET = "the connection was reset during the handshake"
ENDED = "UNEXPECTED_EOF_WHILE_READING"

# "[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1131)"
TOLD = re.compile(r"(?:\[[^\]]*\] ?)?(.*?)(?: \(_ssl\.c:\d+\))?", re.DOTALL)

QUOTATION_MARKS = re.compile('["\u201c\u201d\u201e\u201f\u2033\uff02\u00ab\u00bb]')


class Refused(Exception):
    """A handshake that did not come about, or that told nothing good: a VERDICT as an exception."""

    def __init__(self, kind, message, code=None, *, odd=False):
        super().__init__(message)
        self.kind = kind
        self.message = printable(message, LONGEST_MESSAGE)
        self.code = code
        self.odd = odd
        """Whether it looks as if a proxy spoke otherwise than it is spoken to."""

    def verdict(self):
        return {"accepted": False, "code": self.code, "message": self.message, "kind": self.kind}


def accepted():
    return {"accepted": True, "code": 0, "message": "", "kind": "accepted"}


def printable(text, limit):
    """One line of what can be shown, whoever wrote it."""
    shown = "".join(character if character.isprintable() else " " for character in text[: 8 * limit])
    return " ".join(shown.split())[:limit]


def quoted(text):
    """A stranger's words, short and in quotation marks that they cannot end."""
    clean = QUOTATION_MARKS.sub("'", printable(text, LONGEST_QUOTED + 1))
    return '"%s"' % (clean if len(clean) <= LONGEST_QUOTED else clean[:LONGEST_QUOTED] + "\u2026")


def of_handshake(error):
    """What an exception in a handshake says, as a Refused."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, ssl.CertificateError):
        message = getattr(error, "verify_message", None) or words(error)
        return Refused("certificate", message, getattr(error, "verify_code", None))
    if isinstance(error, socket.timeout):
        return Refused("unreachable", "timed out during the handshake")
    if isinstance(error, (ConnectionResetError, ConnectionAbortedError, BrokenPipeError)):
        return Refused("protocol", RESET)
    if isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        return Refused("protocol", ENDED)
    return Refused("protocol" if isinstance(error, ssl.SSLError) else "unreachable", words(error))


def of_connecting(error):
    """What an exception before any handshake says, as a Refused."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, socket.timeout):
        return Refused("unreachable", "timed out while connecting")
    return Refused("unreachable", words(error))


def words(error):
    if isinstance(error, ssl.SSLError):
        return reason(error)
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def reason(error):
    """OpenSSL's word for what happened, such as WRONG_VERSION_NUMBER.

    Before 3.10 Python's list of names is older than OpenSSL 3, where some numbers mean something
    else: what OpenSSL itself says of it is right.
    """
    # truststore raises some of its own making on macOS, which have none.
    known = getattr(error, "reason", None)
    text = TOLD.fullmatch(str(error.args[-1] if error.args else error))
    told = re.sub(r"\W+", "_", text.group(1)).strip("_").upper() if text else ""
    if told and (known is None or sys.version_info < (3, 10)):
        return told
    return known or told or type(error).__name__
