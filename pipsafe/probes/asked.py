"""What a prober is asked: a place to connect to, and the trust to judge it by."""

from dataclasses import dataclass

from pipsafe.origin import Origin
from pipsafe.pip_settings.proxy import Proxy


@dataclass(frozen=True, slots=True)
class Trust:
    """What a pip trusts, as far as it decides a handshake."""

    truststore: bool = False
    """Whether what the system trusts is added."""
    file: str | None = None
    """A CA file or folder that stands in for, or is added to, pip's own roots."""
    carried: bool = True
    """Whether the roots that pip carries count."""
    strict: bool = False
    """Whether RFC 5280 strictness is on."""
    pem: str | None = None
    """Roots given as text instead of a file."""
    openssl_defaults: bool = False
    """Whether OpenSSL's own default paths (on Windows the system's store) count."""
    through_proxy: "Trust | None" = None
    """What holds for an origin behind a proxy, where that is another trust."""
    at_proxy: "Trust | None" = None
    """What judges the certificate of a proxy that is spoken to over TLS. None: whatever vouches for it
    in a survey, else this very trust."""

    def as_request(self) -> dict[str, object]:
        return {
            "truststore": self.truststore,
            "file": self.file,
            "carried": self.carried,
            "strict": self.strict,
            "pem": self.pem,
            "openssl_defaults": self.openssl_defaults,
            "through_proxy": self.through_proxy and self.through_proxy.as_request(),
            "at_proxy": self.at_proxy and self.at_proxy.as_request(),
        }


@dataclass(frozen=True, slots=True)
class Place:
    """An origin and the way to it."""

    origin: Origin
    proxy: Proxy | None
    client_certificate: str | None = None
    """The file with the certificate, and its key, that pip presents to servers that ask for one."""
    ciphers: str | None = None
    """The ciphers that this pip names by itself; None: it leaves them to Python."""
    is_proxy: bool = False
    """Whether this is a proxy that is spoken to over TLS, to be looked at for its own sake."""

    def as_request(self) -> dict[str, object]:
        proxy = self.proxy
        return {
            "host": self.origin.host,
            "port": self.origin.port,
            "client_certificate": self.client_certificate,
            "ciphers": self.ciphers,
            "is_proxy": self.is_proxy,
            "proxy": proxy
            and {
                "scheme": proxy.scheme,
                "host": proxy.host,
                "port": proxy.port,
                "authorization": proxy.authorization,
                "plainly": proxy.plainly,
            },
        }

    def of_proxy(self) -> "Place | None":
        """The proxy on the way as a place of its own, if pip speaks to it over TLS."""
        proxy = self.proxy
        if proxy is None or proxy.scheme != "https" or proxy.plainly:
            return None
        return Place(Origin("https", proxy.host, proxy.port), None, ciphers=self.ciphers, is_proxy=True)
