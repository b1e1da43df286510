"""Connections to an origin as pip makes them: straight, or through an HTTP proxy that is asked by CONNECT.

Sources: urllib3 `connection.py` and http.client as pip uses them; RFC 9110 section 9.3.6 (CONNECT).
"""

# Python 3.7 syntax, stdlib only.
import base64
import re
import select
import socket
import ssl
import threading
import time
from http import HTTPStatus

from pipsafe.target_side.contexts import plain_context, speaks_tls
from pipsafe.target_side.verdicts import Refused, of_connecting, of_handshake, printable, quoted

PROXY_ANSWER_LIMIT = 16384
MOST_ADDRESSES = 8
FIRST_WORDS_LIMIT = 4096

# Seconds that are spent on finding out what a proxy speaks that behaved oddly.
PROXY_LOOK = 1.0

TLS_RECORD = re.compile(rb"[\x14-\x17]\x03[\x00-\x04]")

# How a proxy is spoken to wrongly; its name comes before.
SPEAKS_NO_TLS = "does not speak TLS, yet its URL begins with https://"
SPEAKS_TLS = "speaks TLS, yet its URL begins with http://"
SPEAKS_TLS_TO_NEWER = "speaks TLS, as pip does with proxies from 20.3 on only"


def left(deadline):
    """Seconds until the deadline. Raises socket.timeout when there are none."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise socket.timeout("timed out")
    return seconds


def dial(host, port, deadline):
    """A TCP connection to the first address that answers. Raises Refused."""
    trouble = OSError("no address")  # type: Exception
    try:
        found = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)[:MOST_ADDRESSES]
        for number, (family, kind, protocol, _, address) in enumerate(found):
            connection = socket.socket(family, kind, protocol)
            try:
                # An address that never answers leaves time for the next one.
                connection.settimeout(left(deadline) / (len(found) - number))
                connection.connect(address)
                return connection
            except OSError as error:
                connection.close()
                trouble = error
    except (OSError, ValueError) as error:
        trouble = error
    raise of_connecting(trouble)


def connect(origin, at_proxy, deadline):
    """A connection that leads to the origin, ready for its handshake. Raises Refused.

    ``at_proxy``: contexts for the certificate of a proxy that is spoken to over TLS. Before one of
    them has accepted it, nothing is sent there.
    """
    proxy = origin.get("proxy")
    if proxy is None:
        return dial(origin["host"], origin["port"], deadline)
    if proxy["scheme"] not in ("http", "https"):
        words = "it is a proxy of the kind %s://, through which pipsafe cannot look"
        raise Refused("proxy", words % proxy["scheme"])
    if not speaks_tls(proxy):
        return through(dial_proxy(proxy, deadline), origin, proxy, deadline)
    trouble = Refused("proxy-certificate", "nothing is known to judge it by")
    for context in at_proxy:
        try:
            outer = tls_with_proxy(proxy, context, deadline)
        except Refused as error:
            trouble = error
            if error.kind != "proxy-certificate":
                break
        else:
            return carried(through(outer, origin, proxy, deadline), deadline)
    raise trouble


def dial_proxy(proxy, deadline):
    try:
        return dial(proxy["host"], proxy["port"], deadline)
    except Refused as error:
        raise Refused(error.kind, "the proxy cannot be reached: %s" % error.message) from None


def tls_with_proxy(proxy, context, deadline):
    connection = dial_proxy(proxy, deadline)
    try:
        connection.settimeout(left(deadline))
        return context.wrap_socket(connection, server_hostname=proxy["host"])
    except Exception as error:
        connection.close()
        refused = of_handshake(error)
        if refused.kind == "certificate":
            raise Refused("proxy-certificate", refused.message, refused.code) from None
        told = "no TLS connection with it comes about (%s)" % refused.message
        raise Refused("proxy", told, odd=True) from None


def through(connection, origin, proxy, deadline):
    """The same connection once the proxy has let it through."""
    try:
        ask(connection, origin, proxy.get("authorization") or "", deadline)
        return connection
    except socket.timeout:
        connection.close()
        raise Refused("unreachable", "the proxy did not answer in time", odd=True) from None
    except OSError as error:
        connection.close()
        broken = "it broke the connection off (%s)" % of_connecting(error).message
        raise Refused("proxy", broken, odd=True) from None
    except BaseException:
        connection.close()
        raise


def ask(connection, origin, authorization, deadline):
    """Ask the proxy for a way to the origin. Raises Refused with what it answers instead."""
    where = "%s:%d" % (bracketed(origin["host"]), origin["port"])
    lines = ["CONNECT %s HTTP/1.0" % where, "Host: %s" % where]
    if authorization:
        lines.append("Proxy-Authorization: %s" % authorization)
    connection.settimeout(left(deadline))
    connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
    answer = b""
    # A byte at a time: what follows the headers belongs to the handshake.
    while not answer.endswith(b"\r\n\r\n"):
        connection.settimeout(left(deadline))
        byte = connection.recv(1)
        if not byte or len(answer) > PROXY_ANSWER_LIMIT:
            raise Refused("proxy", "it closed the connection", odd=not answer.startswith(b"HTTP/"))
        answer += byte
    status = answer.split(b"\r\n")[0].decode("latin-1").split(None, 2)
    if len(status) < 2 or status[1] != "200":
        told = in_words(without_secrets(" ".join(status[1:]), authorization).split(None, 1))
        # A server of TLS may well say 400 to a request without it, in plain text.
        odd = len(status) < 2 or status[1] == "400"
        raise Refused("proxy", told or "no HTTP answer", odd=odd)


def in_words(status):
    """A status line's code and reason. Words that are not the standard's stand in quotation marks."""
    code, reason = ([*status, "", ""])[:2]
    try:
        standard = HTTPStatus(int(code)).phrase
    except ValueError:
        standard = None
    if len(code) == 3 and reason == standard:
        return "%s %s" % (code, reason)
    if re.match("[1-5][0-9]{2}$", code, re.ASCII):
        return "%s %s" % (code, quoted(reason)) if reason else code
    return quoted(" ".join(status)) if status else ""


def bracketed(host):
    return "[%s]" % host if ":" in host else host


def without_secrets(text, authorization):
    """A proxy may say back what was said to it."""
    token = authorization.rpartition(" ")[2]
    try:
        pair = base64.b64decode(token).decode("latin-1")
    except ValueError:
        pair = ""
    for secret in (token, pair, pair.partition(":")[2]):
        text = text.replace(secret, "****") if secret else text
    return text


# TLS in TLS


def carried(outer, deadline):
    """A plain socket whose bytes go over a TLS connection: any context can make a handshake on it."""
    near, far = socket.socketpair()
    threading.Thread(target=carry, args=(far, outer, deadline), daemon=True).start()
    return near


def carry(plain, tls, deadline):
    """Carry bytes both ways until one side ends or time is up, in one thread: TLS is not for two."""
    try:
        while True:
            ready = [tls] if tls.pending() else select.select([plain, tls], [], [], left(deadline))[0]
            if plain in ready and not passed(plain, tls, deadline):
                return
            if tls in ready and not passed(tls, plain, deadline):
                return
    except (OSError, ValueError):
        pass
    finally:
        plain.close()
        tls.close()


def passed(source, target, deadline):
    """Pass on what is there; whether there may be more."""
    source.settimeout(0)
    try:
        data = source.recv(16384)
    except (BlockingIOError, InterruptedError):
        return True
    except ssl.SSLWantReadError:
        return True  # half a record, or a ticket
    target.settimeout(left(deadline))
    target.sendall(data)
    return bool(data)


# What does not speak TLS


def first_answer(connection, host, deadline):
    """The first bytes that come back after the first message of a handshake, which is all that is sent."""
    connection.settimeout(left(deadline))
    connection.sendall(client_hello(host))
    answer = b""
    while len(answer) < FIRST_WORDS_LIMIT and (len(answer) < 3 or not TLS_RECORD.match(answer)):
        if b"\n" in answer:
            break
        try:
            connection.settimeout(left(deadline))
            piece = connection.recv(FIRST_WORDS_LIMIT)
        except OSError:
            break
        if not piece:
            break
        answer += piece
    return answer


def client_hello(host):
    outgoing = ssl.MemoryBIO()
    beginning = plain_context().wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=host)
    try:
        beginning.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


def spoken(origin, at_proxy, deadline, longest):
    """The first line of a server that answers a handshake in plain text, None if it does not."""
    try:
        connection = connect(origin, at_proxy, deadline)
    except Refused:
        return None
    try:
        answer = first_answer(connection, origin["host"], deadline)
    except (OSError, ValueError):
        return None
    finally:
        connection.close()
    line = answer.split(b"\n")[0].strip(b"\r")
    if TLS_RECORD.match(answer) or len(line) < 3 or re.search(rb"[\x00-\x08\x0e-\x1f\x7f]", line[:longest]):
        return None
    return printable(line.decode("utf-8", "replace"), longest) or None


def misspoken(origin):
    """How a proxy that behaved oddly is spoken to wrongly, None if that is not what is wrong."""
    proxy = origin["proxy"]
    over_tls = speaks_tls(proxy)
    if over_tls and not speaks(proxy, origin, "TLS") and speaks(proxy, origin, "HTTP"):
        return SPEAKS_NO_TLS
    if not over_tls and speaks(proxy, origin, "TLS"):
        return SPEAKS_TLS if proxy["scheme"] == "http" else SPEAKS_TLS_TO_NEWER
    return None


def speaks(proxy, origin, what):
    """Whether a proxy answers the beginning of a handshake, or else a plain CONNECT without credentials."""
    deadline = time.monotonic() + PROXY_LOOK
    try:
        connection = dial(proxy["host"], proxy["port"], deadline)
    except Refused:
        return False
    try:
        if what == "TLS":
            return bool(TLS_RECORD.match(first_answer(connection, proxy["host"], deadline)))
        ask(connection, origin, "", deadline)
        return True
    except Refused as error:
        return not error.odd or error.message.startswith("400")
    except (OSError, ValueError):
        return False
    finally:
        connection.close()
