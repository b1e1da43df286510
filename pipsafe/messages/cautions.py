"""Warnings of what else is amiss: with pipsafe itself, with how pip was set up, with a CA that helped."""

from collections.abc import Sequence

from pipsafe.language.text import Text, enumerated, text
from pipsafe.messages.terminal import Line


def _warning(words: Text) -> Line:
    return Line("warning:", words, "warning")


def _of_pipsafe(words: Text) -> Line:
    return Line("pipsafe:", words, "warning")


def asks_for_certificate(origin: str) -> Line:
    """A server that pip had no client certificate for, and that may answer it with errors for that."""
    return _warning(
        text(
            "{origin} asks for a client certificate, and pip was given none (--client-cert). Some servers "
            "then answer with errors only, which pip does not show. `pipsafe explain client-cert-required` "
            "says more.",
            origin=origin,
        )
    )


def trusted_hosts(hosts: Sequence[tuple[str, str]]) -> list[Line]:
    """One warning on hosts that pip does not verify at all."""
    # For translators: {setting} is what turns verification off, like "/etc/pip.conf, line 3".
    named = [text("{host} ({setting})", host=host, setting=set_in) for host, set_in in hosts]
    return [
        _warning(
            # For translators: {hosts} are names of hosts with what names them in parentheses; of them one may
            # be "every host".
            text(
                "pip was told to verify nothing at {hosts}: whoever is on the way can run code on this "
                "machine. Without that setting pipsafe can find out why verification fails.",
                hosts=enumerated(named),
            )
        )
    ]


def key_beside(path: str, key: str) -> Line:
    """The CA that helped is one that somebody here can sign with."""
    return _warning(
        text(
            "the private key of the CA in {path} lies beside it ({key}): whoever can read that file can "
            "imitate every server towards this machine. It is a developer's own CA; keep it to tests.",
            path=path,
            key=key,
        )
    )


def not_examined(reason: str) -> Line:
    """Nothing could be found out."""
    return _of_pipsafe(
        text("this failure could not be looked into: {reason}. What pip said stands.", reason=reason)
    )


def not_started_again(python: str, reason: str) -> Line:
    """What the first attempt was run by is not there for another."""
    return _of_pipsafe(
        text(
            "{python} cannot be started again: {reason}. What the first attempt came to stands.",
            python=python,
            reason=reason,
        )
    )


def fault(error: BaseException) -> Line:
    """pipsafe itself failed."""
    return _of_pipsafe(
        # For translators: {error} is the name of a class of Python's.
        text(
            "a fault in pipsafe ({error}); pip's result stands. Please report it.", error=type(error).__name__
        )
    )


def not_reported(reason: str) -> Line:
    """The report is not where it was to be."""
    return _of_pipsafe(text("the report could not be written: {reason}.", reason=reason))
