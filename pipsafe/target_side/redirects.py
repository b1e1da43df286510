"""Where a server sends its clients, asked over a connection that pip's own trust accepts (see prober.py)."""

# Python 3.7 syntax, stdlib only.
import re
import time
from functools import partial

from pipsafe.target_side.connections import bracketed, left
from pipsafe.target_side.contexts import Judges
from pipsafe.target_side.handshakes import handshake
from pipsafe.target_side.surveys import all_at_once
from pipsafe.target_side.verdicts import Refused

LONGEST_HEAD = 32768

REDIRECT = re.compile(rb"HTTP/1\.[01] (?:301|302|303|307|308)[ \r\n]")
LOCATION = re.compile(rb"\r?\nlocation:[ \t]*([!-~]{1,4000})[ \t]*\r?\n", re.IGNORECASE)

REQUEST = "GET %s HTTP/1.1\r\nHost: %s\r\nAccept: */*\r\nUser-Agent: pipsafe\r\nConnection: close\r\n\r\n"


def redirects(request):
    judges = Judges()
    tasks = [
        partial(location, judges, page, request["trust"], request["seconds"]) for page in request["pages"]
    ]
    return {"locations": all_at_once(tasks, request["seconds"])}


def location(judges, page, trust, seconds):
    """What the answer to one request names as the next place; None if it names none, or is not to be had."""
    origin, path = page["origin"], page["path"]
    if not re.match(r"/[!-~]*$", path):
        return None
    deadline = time.monotonic() + seconds
    try:
        judge = judges.judge(trust, origin)
        tls = handshake(origin, judge.context, judge.at_proxy, deadline)
    except Refused:
        return None  # not verified: nothing is asked there
    try:
        where = bracketed(origin["host"])
        host = where if origin["port"] == 443 else "%s:%d" % (where, origin["port"])
        tls.settimeout(left(deadline))
        tls.sendall((REQUEST % (path, host)).encode("ascii"))
        head = read_head(tls, deadline)
    except (OSError, ValueError):
        return None
    finally:
        tls.close()
    found = LOCATION.search(head) if REDIRECT.match(head) else None
    return found.group(1).decode("ascii") if found else None


def read_head(tls, deadline):
    head = b""
    while b"\r\n\r\n" not in head and len(head) < LONGEST_HEAD:
        tls.settimeout(left(deadline))
        piece = tls.recv(4096)
        if not piece:
            break
        head += piece
    return head.partition(b"\r\n\r\n")[0] + b"\r\n"
