"""What the prober says in words of its own (pipsafe/target_side), which it can only say in English.

What others said to it (a verifier, a proxy, the system) stays as it is.
"""

from collections.abc import Mapping

from pipsafe.language.text import Text, text

# All of these stand behind a colon or in brackets, as the reason of a failure.
_WHOLE = (
    # For translators: the reason of a failure, behind a colon or in brackets
    text("timed out"),
    text("timed out while connecting"),
    text("timed out during the handshake"),
    text("not looked at: the other servers took too long"),
    text("the connection was reset during the handshake"),
    text("the server closed the connection"),
    text("the server cut the connection off"),
    text("the proxy did not answer in time"),
    # For translators: "it" is the proxy
    text("it closed the connection"),
    text("no HTTP answer"),
    # For translators: of a certificate
    text("nothing is known to judge it by"),
)

# The more particular ones first; what stands in one may be one itself.
_AROUND = (
    text("the proxy cannot be reached: {reason}"),
    # For translators: "it" is the proxy
    text("no TLS connection with it comes about ({reason})"),
    # For translators: "it" is the proxy
    text("it broke the connection off ({reason})"),
    # For translators: "it" is the proxy, {scheme} something like "socks5"
    text("it is a proxy of the kind {scheme}://, through which pipsafe cannot look"),
    text("the client certificate cannot be used: {reason}"),
    text("no such file: {file}"),
    text("not a file: {file}"),
    text("too large: {file}"),
)

_BY_ENGLISH: Mapping[str, Text] = {item: item for item in _WHOLE}


def translatable(message: str) -> str:
    """The same, as a text where the words are the prober's own."""
    known = _BY_ENGLISH.get(message)
    if known is not None:
        return known
    return next((found for template in _AROUND if (found := _read(message, template)) is not None), message)


def _read(message: str, template: Text) -> Text | None:
    before, _, rest = template.partition("{")
    name, _, after = rest.partition("}")
    if not (message.startswith(before) and message.endswith(after)):
        return None
    inner = message.removeprefix(before).removesuffix(after)
    return template.filled(**{name: translatable(inner) if name == "reason" else inner})
