"""Handshakes: what a server presents, and whether a context accepts it.

Sources: RFC 5246 section 7.4, RFC 8446 sections 4.3.2 and 4.4.2; CPython's Lib/ssl.py
(`_msg_callback`), OpenSSL's doc/man3/SSL_set_msg_callback.pod.
"""

# Python 3.7 syntax, stdlib only.
import socket
import ssl
import sys
import threading
import time

from pipsafe.target_side.connections import connect, left
from pipsafe.target_side.contexts import offer_what_pip_offers
from pipsafe.target_side.verdicts import ENDED, RESET, Refused, accepted, of_connecting, of_handshake, reason

HANDSHAKE = 22
CERTIFICATE, CERTIFICATE_REQUEST = 11, 13
TLS_1_3 = 0x0304

CAN_HEAR = sys.version_info >= (3, 8)

# Seconds that a server of TLS 1.3 is given to refuse a client after the handshake: as long as the
# handshake took, within these.
LEAST_PATIENCE, MOST_PATIENCE = 0.3, 1.0
STEP = 0.02


# What is heard in a handshake


class Heard(threading.local):
    """The messages that the server sent in this thread's handshake; nothing before Python 3.8."""

    asks = False
    """Whether it asked for a client certificate."""
    certificates = ()  # type: tuple[bytes, ...]
    """What it presented: DER, leaf first."""

    def forget(self):
        self.asks, self.certificates = False, ()


heard = Heard()


def listen(connection, direction, version, content_type, message_type, data):
    if direction != "read" or int(content_type) != HANDSHAKE:
        return
    if int(message_type) == CERTIFICATE_REQUEST:
        heard.asks = True
    elif int(message_type) == CERTIFICATE:
        heard.certificates = certificate_message(bytes(data), int(version) == TLS_1_3)


def certificate_message(message, is_tls13):
    """RFC 5246 section 7.4.2, RFC 8446 section 4.4.2."""
    at = 4
    if is_tls13:
        at += 1 + message[at]
    end = min(len(message), at + 3 + int.from_bytes(message[at : at + 3], "big"))
    at += 3
    chain = []  # type: list[bytes]
    while at + 3 <= end:
        size = int.from_bytes(message[at : at + 3], "big")
        chain.append(message[at + 3 : at + 3 + size])
        at += 3 + size
        if is_tls13:
            at += 2 + int.from_bytes(message[at : at + 2], "big")
    return tuple(chain)


def attend(context):
    """The same context, whose handshakes are heard."""
    if CAN_HEAR:
        # On macOS and Windows truststore keeps the real one inside.
        setattr(getattr(context, "_ctx", context), "_msg_callback", listen)  # noqa: B010 - private, and all there is
    return context


# Handshakes


def handshake(origin, context, at_proxy, deadline):
    """The connected TLS socket; the caller closes it. Raises Refused."""
    try:
        connection = connect(origin, at_proxy, deadline)
    except Exception as error:
        raise of_connecting(error) from None
    finally:
        heard.forget()  # what a proxy said is not what the origin says
    try:
        connection.settimeout(left(deadline))
        return context.wrap_socket(connection, server_hostname=origin["host"])
    except Exception as error:
        connection.close()
        raise for_lack_of_certificate(of_handshake(error)) from None


def for_lack_of_certificate(refused):
    """A server of TLS 1.2 ends the handshake when it wants a client certificate and gets none."""
    ended = refused.kind == "protocol" and ("ALERT" in refused.message or refused.message in (RESET, ENDED))
    if "CERTIFICATE_REQUIRED" in refused.message or (heard.asks and ended):
        return Refused("client-certificate", refused.message)
    return refused


def verdict(origin, judge, seconds):
    """VERDICT under a judge (see contexts.py)."""
    begin = time.monotonic()
    try:
        tls = handshake(origin, attend(judge.context), judge.at_proxy, begin + seconds)
        try:
            await_refusal(tls, begin, begin + seconds)
        finally:
            tls.close()
    except Refused as error:
        if error.kind == "client-certificate" and judge.unpresented:
            error = Refused(error.kind, "%s; %s" % (error.message, judge.unpresented))
        return error.verdict()
    except Exception as error:
        return of_connecting(error).verdict()
    return accepted()


def await_refusal(tls, begin, deadline):
    """A server of TLS 1.3 refuses a client's certificate, or that there is none, after the handshake.

    Raises Refused if it does. It has let the client in when it hands out a ticket.
    """
    if tls.version() != "TLSv1.3" or not (heard.asks or not CAN_HEAR):
        return
    now = time.monotonic()
    until = min(deadline, now + min(MOST_PATIENCE, max(LEAST_PATIENCE, now - begin)))
    while time.monotonic() < until and not (tls.session and tls.session.has_ticket):
        tls.settimeout(STEP)
        try:
            if not tls.recv(1):
                raise Refused("client-certificate", "the server closed the connection")
            return
        except socket.timeout:
            continue
        except ssl.SSLError as error:
            raise Refused("client-certificate", reason(error)) from None
        except OSError:
            raise Refused("client-certificate", "the server cut the connection off") from None


# The chain that is presented


class Reading:
    """What a connection that nobody verifies shows of a server."""

    def __init__(self, chain, whole, refused):
        self.chain = chain
        """DER, leaf first."""
        self.whole = whole
        self.refused = refused
        """Why there is no chain."""
        self.asks = heard.asks


def reading_context():
    """Accepts anything: to read the chain, never to send a byte after the handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    offer_what_pip_offers(context)
    return attend(context)


def read_chain(origin, at_proxy, seconds):
    try:
        tls = handshake(origin, reading_context(), at_proxy, time.monotonic() + seconds)
    except Refused as error:
        chain = heard.certificates
        return Reading(chain, True, None if chain else error)
    try:
        return presented_chain(tls)
    finally:
        tls.close()


def presented_chain(tls):
    """Before Python 3.8 there is no way to see more than the leaf."""
    inner = tls if hasattr(tls, "get_unverified_chain") else getattr(tls, "_sslobj", None)
    if inner is not None and hasattr(inner, "get_unverified_chain"):
        chain = inner.get_unverified_chain() or ()
        ders = [item if isinstance(item, bytes) else item.public_bytes(2) for item in chain]
        return Reading(ders, True, None)
    if heard.certificates:
        return Reading(heard.certificates, True, None)
    leaf = tls.getpeercert(binary_form=True)
    return Reading([leaf] if leaf else [], False, None)
