"""The prober's questions that take handshakes: surveys, trials and proofs (see prober.py)."""

# Python 3.7 syntax, stdlib only.
import base64
import os
import threading
import time
from functools import partial

from pipsafe.target_side.connections import misspoken, spoken
from pipsafe.target_side.contexts import Judge, Judges, lenient, speaks_tls, unmasking_context, variant
from pipsafe.target_side.handshakes import Reading, read_chain, verdict
from pipsafe.target_side.verdicts import Refused, accepted

MOST_AT_ONCE = 24
LONGEST_WORDS = 200

# Seconds beyond what one connection is given before it is no longer waited for: the resolver of
# names, or the system's own verifier, may know no bounds.
GRACE = 1.5


def all_at_once(tasks, seconds=None):
    """Run the functions in threads; their results in order, None for one that took too long."""
    results = [None] * len(tasks)

    def run(number):
        results[number] = tasks[number]()

    for start in range(0, len(tasks), MOST_AT_ONCE):
        numbers = range(start, min(start + MOST_AT_ONCE, len(tasks)))
        threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in numbers]
        for thread in threads:
            thread.start()
        end = None if seconds is None else time.monotonic() + seconds + GRACE
        for thread in threads:
            thread.join(None if end is None else max(0.0, end - time.monotonic()))
    # What is late no longer writes into it.
    return list(results)


def late():
    return Refused("unreachable", "timed out")


def in_time(found):
    return late().verdict() if found is None else found


# Survey


def survey(request):
    judges, end = Judges(), time.monotonic() + request["begin_within"]
    looks = [Look(origin, judges, request) for origin in request["origins"]]
    tasks = [lambda look=look: look.answer() if time.monotonic() < end else look.unseen() for look in looks]
    return {"origins": all_at_once(tasks)}


class Look:
    """One origin under every trust of a survey."""

    def __init__(self, origin, judges, request):
        self.origin, self.judges = origin, judges
        self.trusts, self.seconds = request["trusts"], request["seconds"]
        self.at_proxy = self.contexts_at_proxy()

    def contexts_at_proxy(self):
        """For the proxy's own certificate: pip's trust, then the others."""
        found = []
        if speaks_tls(self.origin.get("proxy")):
            for name in sorted(self.trusts, key=lambda name: (name != "pip", name)):
                try:
                    found.append(self.judges.at_proxy(self.trusts[name], self.origin))
                except Refused:
                    continue
        return found

    def answer(self):
        names = sorted(self.trusts)
        tasks = [partial(read_chain, self.origin, self.at_proxy, self.seconds)]
        tasks += [partial(self.under, self.trusts[name]) for name in names]
        results = all_at_once(tasks, self.seconds)
        reading = results[0] or Reading([], True, late())
        verdicts = {name: in_time(found) for name, found in zip(names, results[1:])}
        refused = reading.refused
        seen = self.second_look(reading, verdicts)
        if seen.get("misspoken"):
            refused = Refused("proxy-tls", seen["misspoken"])
            verdicts = {
                name: found if found["kind"] == "setting" else refused.verdict()
                for name, found in verdicts.items()
            }
        unmasked = {name: in_time(seen[name]) for name in ("time", "name", "lenient") if name in seen}
        wanted = any(found["kind"] == "client-certificate" for found in verdicts.values())
        return {
            "chain": [base64.b64encode(der).decode("ascii") for der in reading.chain],
            "whole": reading.whole,
            "error": refused and refused.verdict(),
            "verdicts": verdicts,
            "unmasked": unmasked,
            "spoken": seen.get("spoken"),
            "asks": reading.asks or wanted,
        }

    def unseen(self):
        """The answer on an origin that nobody had the time to look at."""
        unseen = Refused("unreachable", "not looked at: the other servers took too long").verdict()
        return {
            "chain": [],
            "whole": True,
            "error": unseen,
            "verdicts": dict.fromkeys(self.trusts, unseen),
            "unmasked": {},
            "spoken": None,
            "asks": False,
        }

    def under(self, trust):
        try:
            judge = self.judges.judge(trust, self.origin)
        except Refused as error:
            return error.verdict()
        if not trust.get("at_proxy"):
            judge.at_proxy += self.at_proxy
        return verdict(self.origin, judge, self.seconds)

    def second_look(self, reading, verdicts):
        """What the first one gives reason to look for."""
        tasks = []  # type: list[tuple[str, object]]
        if reading.chain and not all(found["accepted"] for found in verdicts.values()):
            tasks += [(check, partial(self.unmask, reading.chain[-1], check)) for check in ("time", "name")]
        pip = self.trusts.get("pip") or {}
        if self.is_strict(pip) and verdicts["pip"]["kind"] in ("certificate", "proxy-certificate"):
            tasks.append(("lenient", partial(self.under, lenient(pip))))
        refused = reading.refused
        if refused and refused.odd:
            tasks.append(("misspoken", partial(misspoken, self.origin)))
        elif refused and refused.kind == "protocol" and "ALERT" not in refused.message:
            end = time.monotonic() + self.seconds
            tasks.append(("spoken", partial(spoken, self.origin, self.at_proxy, end, LONGEST_WORDS)))
        found = all_at_once([task for _, task in tasks], self.seconds)
        return dict(zip((name for name, _ in tasks), found))

    def is_strict(self, trust):
        parts = [variant(trust, self.origin)]
        if speaks_tls(self.origin.get("proxy")):
            parts.append(trust.get("at_proxy") or trust)
        return any(part.get("strict") for part in parts)

    def unmask(self, top, check):
        context = unmasking_context(top, check, self.origin.get("ciphers"))
        found = verdict(self.origin, Judge(context, self.at_proxy, None), self.seconds)
        # The client's certificate comes after the server's, and is not shown to whom nobody trusts.
        return accepted() if found["kind"] == "client-certificate" else found


# Trial and proof


def trial(request):
    judges, seconds = Judges(), request["seconds"]
    issuer_only = request["issuer_only"]
    trusts = [{"pem": pem, "carried": False, "issuer_only": issuer_only} for pem in request["candidates"]]
    tasks = [
        partial(under_candidate, judges, origin, trust, request.get("at_proxy"), seconds)
        for origin in request["origins"]
        for trust in trusts
    ]
    results = [in_time(found) for found in all_at_once(tasks, seconds)]
    width = len(trusts)
    return {"origins": [results[start : start + width] for start in range(0, len(results), width or 1)]}


def under_candidate(judges, origin, trust, at_proxy, seconds):
    try:
        judge = judges.judge(trust, origin)
        if judge.at_proxy and at_proxy:
            judge.at_proxy.append(judges.at_proxy(at_proxy, origin))
    except Refused as error:
        return error.verdict()
    return verdict(origin, judge, seconds)


def prove(request):
    for name, value in request["environ"].items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    judges, trust, seconds = Judges(), request["trust"], request["seconds"]
    tasks = [partial(under_candidate, judges, origin, trust, None, seconds) for origin in request["origins"]]
    return {"origins": [in_time(found) for found in all_at_once(tasks, seconds)]}
