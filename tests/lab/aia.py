"""Where a CA's certificates can be had: plain HTTP, at the addresses that certificates name (caIssuers)."""

from __future__ import annotations

from types import TracebackType

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from .authority import der_of, pem_of
from .index_server import Answer, IndexServer


class IssuerServer:
    """Serves issuers' certificates, running between `__enter__` and `__exit__`.

    Publish first, then issue the certificate that names the URL.
    """

    def __init__(self, host: str = "localhost") -> None:
        self.host = host
        self.server = IndexServer()

    def __enter__(self) -> IssuerServer:
        self.server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.__exit__(kind, error, trace)

    def url(self, name: str) -> str:
        """Where something of that name is, or would be."""
        return self.server.url(f"/{name}", host=self.host)

    def publish(self, name: str, *certificates: x509.Certificate, form: str = "der") -> str:
        """Let the certificates be had, as "der" (one), "pem" or "pkcs7". The URL."""
        body = {
            "der": lambda: b"".join(map(der_of, certificates)),
            "pem": lambda: b"".join(map(pem_of, certificates)),
            "pkcs7": lambda: pkcs7.serialize_certificates(list(certificates), Encoding.DER),
        }[form]()
        return self.answer(name, Answer(200, body, {"Content-Type": "application/pkix-cert"}))

    def answer(self, name: str, answer: Answer) -> str:
        """Answer with anything else. The URL."""
        self.server.answers[f"/{name}"] = answer
        return self.url(name)

    @property
    def paths(self) -> list[str]:
        """What was asked for, in order."""
        return self.server.paths
