"""Asks the target's own interpreter to make handshakes (see target_side/prober.py).

One process answers all questions of a round. It is bounded in time: a watchdog ends it.
"""

import os
from collections.abc import Mapping, Sequence
from types import TracebackType

from pipsafe.probes import answered
from pipsafe.probes.answered import Facts, Survey, Verdict
from pipsafe.probes.asked import Place, Trust
from pipsafe.probes.once_more import once_more
from pipsafe.probes.prober_process import ProberProcess
from pipsafe.x509.certificate import Certificate
from pipsafe.x509.pem import to_pem

MOST_ORIGINS = 256
"""Origins looked at in one survey."""

SHARE_TO_BEGIN = 0.4
"""Of the prober's life: within it a survey begins to look at an origin, or not at all."""


class Prober:
    """A running prober. A context manager; every method raises ProbeFailed."""

    def __init__(
        self,
        python: str,
        environ: Mapping[str, str],
        *,
        seconds: float,
        process: ProberProcess | None = None,
    ) -> None:
        """``seconds`` bounds the whole life of the process, ``python`` is the interpreter.

        ``process``: one of that interpreter that was started ahead; it is ended with this.
        """
        self.seconds = seconds
        self._process = process or ProberProcess(python, environ)
        self._process.bound(seconds)

    def __enter__(self) -> "Prober":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.end()

    def facts(self, location: str) -> Facts:
        """``location`` is the folder that the target's pip package lies in."""
        answer = self._process.facts(location)
        # A pip in a zip unpacks its roots into a file that it removes when it ends by itself.
        self._process.tidies_up = not os.path.isdir(location)
        return Facts(
            default_index=answer["default_index"],
            certifi=answer["certifi"],
            truststore=answer["truststore"],
            openssl=answer["openssl"],
            default_file=answer["defaults"]["file"],
            default_folder=answer["defaults"]["folder"],
            build=answer["build"],
        )

    def survey(
        self, places: Sequence[Place], trusts: Mapping[str, Trust], *, seconds: float
    ) -> tuple[Survey, ...]:
        """Every place under every trust, all at once; ``seconds`` bounds one connection.

        A server that answers, and was late with its chain, is asked once more.
        """
        answers = once_more(
            self._surveyed(places, trusts, seconds=seconds),
            lambda survey: survey.is_late,
            lambda late: self._surveyed([places[number] for number in late], trusts, seconds=seconds),
        )
        return tuple(second for _, second in answers)

    def _surveyed(
        self, places: Sequence[Place], trusts: Mapping[str, Trust], *, seconds: float
    ) -> tuple[Survey, ...]:
        request = {
            "op": "survey",
            "origins": [place.as_request() for place in places],
            "trusts": {name: trust.as_request() for name, trust in trusts.items()},
            "seconds": seconds,
            # Where dozens of servers do not answer, what was seen of the others is worth more than nothing.
            "begin_within": SHARE_TO_BEGIN * self.seconds,
        }
        answers = self._process.ask(request)["origins"]
        return tuple(
            answered.survey(place.origin, answer) for place, answer in zip(places, answers, strict=True)
        )

    def trial(
        self,
        places: Sequence[Place],
        candidates: Sequence[Sequence[Certificate]],
        *,
        seconds: float,
        at_proxy: Trust | None = None,
        issuer_only: bool = False,
    ) -> tuple[tuple[Verdict, ...], ...]:
        """Every place with each candidate alone: a verdict per candidate, per place.

        A candidate is an anchor and the intermediates that it takes; only what issued itself ends
        a chain. ``at_proxy`` may vouch for a TLS proxy on the way where the candidate does not.
        ``issuer_only``, for a diagnosis: names and dates are not asked for.
        """
        request = {
            "op": "trial",
            "origins": [place.as_request() for place in places],
            "candidates": ["".join(to_pem(item.der) for item in candidate) for candidate in candidates],
            "at_proxy": at_proxy and at_proxy.as_request(),
            "issuer_only": issuer_only,
            "seconds": seconds,
        }
        answers = self._process.ask(request)["origins"]
        return tuple(tuple(answered.verdict(item) for item in row) for row in answers)

    def redirects(
        self, pages: Sequence[tuple[Place, str]], trust: Trust, *, seconds: float
    ) -> tuple[str | None, ...]:
        """Where each page, a path on a server, sends its readers, if that server is verified by ``trust``.

        As the server says it, which may be a relative URL; None if it sends them nowhere.
        """
        request = {
            "op": "redirects",
            "pages": [{"origin": place.as_request(), "path": path} for place, path in pages],
            "trust": trust.as_request(),
            "seconds": seconds,
        }
        return tuple(self._process.ask(request)["locations"])

    def prove(
        self, places: Sequence[Place], trust: Trust, environ: Mapping[str, str | None], *, seconds: float
    ) -> tuple[Verdict, ...]:
        """Every place under the trust that a retry would have, in its very environment.

        The last question to a prober: its environment is changed for good.
        """
        request = {
            "op": "prove",
            "origins": [place.as_request() for place in places],
            "trust": trust.as_request(),
            "environ": dict(environ),
            "seconds": seconds,
        }
        return tuple(answered.verdict(item) for item in self._process.ask(request)["origins"])
