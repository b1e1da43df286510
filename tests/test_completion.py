"""Intermediates from where certificates say they can be had: found, checked, never trusted."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from cryptography import x509

from pipsafe.observations.completion import MOST_BYTES, MOST_URLS, Completion, complete, presented_path
from pipsafe.origin import Origin
from pipsafe.x509.certificate import Certificate, parse
from tests.lab.aia import IssuerServer
from tests.lab.authority import (
    EXPIRED,
    NOT_YET_VALID,
    Authority,
    Chain,
    Leaf,
    der_of,
    key_pem_of,
    pem_of,
    self_signed,
)
from tests.lab.index_server import Answer, IndexServer, redirect
from tests.lab.raw_server import RawServer, dripping

HERE = Origin("https", "localhost", 443)


@pytest.fixture
def aia() -> Iterator[IssuerServer]:
    with IssuerServer() as server:
        yield server


@pytest.fixture(scope="module")
def root() -> Authority:
    return Authority()


def chain_of(*certificates: x509.Certificate) -> tuple[Certificate, ...]:
    return tuple(parse(der_of(certificate)) for certificate in certificates)


def completed(*certificates: x509.Certificate, seconds: float = 3) -> Completion:
    """Of a server of this machine, by whose port its certificates can be had as well."""
    chain = chain_of(*certificates)
    urls = [url for certificate in chain for url in certificate.ca_issuer_urls]
    ports = [port for url in urls if (port := urlsplit(url).port) is not None]
    return complete(chain, origin=replace(HERE, port=(*ports, 443)[0]), proxy=None, seconds=seconds)


def names(found: Completion) -> list[str | None]:
    return [certificate.common_name for certificate in found.intermediates]


def handshake(leaf: Leaf, *trusted: bytes) -> str:
    """What OpenSSL says to a server with this leaf, with these certificates (PEM) in its store."""
    context = ssl.create_default_context(cadata=b"".join(trusted).decode())
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.verify_flags &= ~getattr(ssl, "VERIFY_X509_PARTIAL_CHAIN", ssl.VerifyFlags(0))
    with (
        IndexServer(certificates=leaf) as server,
        socket.create_connection(("127.0.0.1", server.port), 10) as connection,
    ):
        try:
            context.wrap_socket(connection, server_hostname="localhost").close()
        except ssl.SSLCertVerificationError as error:
            return error.verify_message
    return "accepted"


# Found


@pytest.mark.parametrize("form", ["der", "pem", "pkcs7"])
def test_a_missing_intermediate(aia: IssuerServer, root: Authority, form: str) -> None:
    issuing = root.intermediate()
    url = aia.publish("issuing.crt", issuing.certificate, form=form)
    leaf = issuing.leaf(ca_issuers=[url], chain=Chain.LEAF_ONLY)

    found = completed(leaf.certificate)

    assert [item.der for item in found.intermediates] == [issuing.der]
    assert found.fetched_from == (url,)
    assert found.root is None


def test_it_completes_a_chain_and_vouches_for_nothing(aia: IssuerServer, root: Authority) -> None:
    issuing = root.intermediate()
    leaf = issuing.leaf(ca_issuers=[aia.publish("issuing.crt", issuing.certificate)], chain=Chain.LEAF_ONLY)
    fetched = [
        pem_of(x509.load_der_x509_certificate(item.der)) for item in completed(leaf.certificate).intermediates
    ]

    assert "local issuer" in handshake(leaf, root.pem)
    assert handshake(leaf, root.pem, *fetched) == "accepted"
    assert "get issuer certificate" in handshake(leaf, *fetched)
    assert "get issuer certificate" in handshake(leaf, Authority("Another Root").pem, *fetched)


def test_step_by_step(aia: IssuerServer, root: Authority) -> None:
    top = aia.publish("root.crt", root.certificate)
    upper = root.intermediate("Upper", ca_issuers=[top])
    lower = upper.intermediate("Lower", ca_issuers=[aia.publish("upper.crt", upper.certificate)])
    leaf = lower.leaf(ca_issuers=[aia.publish("lower.crt", lower.certificate)])

    found = completed(leaf.certificate)

    assert names(found) == ["Lower", "Upper"]
    assert found.root is not None
    assert found.root.der == root.der
    assert found.refused == (f'"{top}": "{root.name}" is a root: one that is fetched is never trusted.',)


def test_from_the_last_that_is_presented(aia: IssuerServer, root: Authority) -> None:
    upper = root.intermediate("Upper")
    lower = upper.intermediate("Lower", ca_issuers=[aia.publish("upper.crt", upper.certificate)])
    leaf = lower.leaf(ca_issuers=[aia.url("lower.crt")])

    assert names(completed(leaf.certificate, lower.certificate)) == ["Upper"]
    assert aia.paths == ["/upper.crt"]


def test_wrong_order_and_strangers_in_between(aia: IssuerServer, root: Authority) -> None:
    upper = root.intermediate("Upper")
    lower = upper.intermediate("Lower", ca_issuers=[aia.publish("upper.crt", upper.certificate)])
    middle = lower.intermediate("Middle")
    leaf = middle.leaf()
    stranger = Authority("Stranger", organization="Others").intermediate("Stranger's")
    presented = (leaf.certificate, stranger.certificate, lower.certificate, middle.certificate)

    assert [item.common_name for item in presented_path(chain_of(*presented))] == [
        "localhost",
        "Middle",
        "Lower",
    ]
    assert names(completed(*presented)) == ["Upper"]


def test_of_several_in_one_answer_the_issuer(aia: IssuerServer, root: Authority) -> None:
    issuing = root.intermediate()
    others = [root.intermediate(f"Other {number}").certificate for number in range(5)]
    url = aia.publish("all.p7c", *others, issuing.certificate, form="pkcs7")

    assert names(completed(issuing.leaf(ca_issuers=[url]).certificate)) == [issuing.name]


def test_the_next_address_if_one_does_not_have_it(aia: IssuerServer, root: Authority) -> None:
    issuing = root.intermediate()
    urls = ["ldap:///CN=Example", aia.url("gone.crt"), aia.publish("issuing.crt", issuing.certificate)]

    found = completed(issuing.leaf(ca_issuers=urls).certificate)

    assert names(found) == [issuing.name]
    assert found.fetched_from == (urls[2],)
    assert found.refused == (
        '"ldap:///CN=Example": that is no address of a web server.',
        f'"{urls[1]}": answered 404.',
    )


# Not asked


def test_nothing_is_missing(aia: IssuerServer, root: Authority) -> None:
    issuing = root.intermediate(ca_issuers=[aia.url("root.crt")])
    leaf = issuing.leaf(ca_issuers=[aia.url("issuing.crt")])

    found = completed(leaf.certificate, issuing.certificate, root.certificate)

    assert (found.intermediates, found.refused) == ((), ())
    assert found.root is not None
    assert aia.paths == []


def test_no_chain_and_a_server_that_signs_itself(aia: IssuerServer) -> None:
    assert complete((), origin=HERE, proxy=None, seconds=3) == Completion()
    assert completed(self_signed().certificate) == Completion()
    assert aia.paths == []


def test_no_address(root: Authority) -> None:
    found = completed(root.leaf().certificate)

    assert found.refused == ('The certificate "localhost" does not say where its issuer\'s can be had.',)


def test_another_host_that_is_not_public(root: Authority) -> None:
    """Who answers for the server may write anything into its certificate."""
    with IssuerServer("127.0.0.1") as inside:
        issuing = root.intermediate()
        url = inside.publish("issuing.crt", issuing.certificate)
        leaf = issuing.leaf(ca_issuers=[url, "http://169.254.169.254/latest/meta-data/", "http://pki.corp/x"])

        found = completed(leaf.certificate)

        assert found.intermediates == ()
        assert inside.paths == []
        assert found.refused == (
            f'"{url}": port {inside.server.port} of another host is not asked.',
            '"http://169.254.169.254/latest/meta-data/": it is no public host, and not the server\'s own.',
            '"http://pki.corp/x": it is no public host, and not the server\'s own.',
        )


def test_only_so_many_addresses(aia: IssuerServer, root: Authority) -> None:
    urls = [aia.url(f"{number}.crt") for number in range(20)]

    found = completed(root.intermediate().leaf(ca_issuers=urls).certificate)

    assert len(aia.paths) == MOST_URLS
    assert found.refused[-1] == f"Only the first {MOST_URLS} addresses in a certificate are asked."


def test_credentials_in_an_address_are_neither_sent_nor_shown(aia: IssuerServer, root: Authority) -> None:
    url = aia.url("x.crt").replace("//", "//user:secret@")

    found = completed(root.intermediate().leaf(ca_issuers=[url]).certificate)

    assert "secret" not in str(found)
    assert "authorization" not in aia.server.requests[0].headers


# Not used


def other_key(root: Authority) -> x509.Certificate:
    return Authority("Issuing", organization=root.organization, parent=root).certificate


def no_ca(root: Authority) -> x509.Certificate:
    """A server's certificate with the issuer's name."""
    return root.leaf(["Issuing"]).certificate


WRONG = [
    ("another certificate", lambda root: root.intermediate("Other").certificate, '"Other" is not the issuer'),
    ("another key", other_key, '"Issuing" has the issuer\'s name and another key'),
    ("a server's", no_ca, '"Issuing" has the issuer\'s name and another key'),
]


@pytest.mark.parametrize(("make", "words"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_a_wrong_certificate(aia: IssuerServer, root: Authority, make: object, words: str) -> None:
    issuing = root.intermediate("Issuing")
    url = aia.publish("issuing.crt", make(root))  # type: ignore[operator]

    found = completed(issuing.leaf(ca_issuers=[url]).certificate)

    assert found.intermediates == ()
    assert found.refused == (f'"{url}": {words}.',)


def test_a_server_is_no_issuer(aia: IssuerServer, root: Authority) -> None:
    server = root.leaf(["Issuing"])
    issuing = Authority("Issuing", organization="Example Org", parent=root, key=server.key)
    url = aia.publish("issuing.crt", server.certificate)

    assert completed(issuing.leaf(ca_issuers=[url]).certificate).refused == (f'"{url}": "Issuing" is no CA.',)


@pytest.mark.parametrize(
    ("validity", "words"), [(EXPIRED, "expired on"), (NOT_YET_VALID, "is valid only from")]
)
def test_out_of_time(aia: IssuerServer, root: Authority, validity: object, words: str) -> None:
    issuing = root.intermediate("Issuing", validity=validity)  # type: ignore[arg-type]
    url = aia.publish("issuing.crt", issuing.certificate)

    found = completed(issuing.leaf(ca_issuers=[url]).certificate)

    assert found.intermediates == ()
    assert f'"{url}": "Issuing" {words} ' in found.refused[0]


def test_an_interceptors_ca_for_bad_certificates(aia: IssuerServer, root: Authority) -> None:
    issuing = root.intermediate("Forward Untrust")
    url = aia.publish("issuing.crt", issuing.certificate)

    found = completed(issuing.leaf(ca_issuers=[url]).certificate)

    assert found.intermediates == ()
    assert found.refused == (f'"{url}": "Forward Untrust" is a CA that nobody is to trust.',)


def test_a_root_is_dropped(aia: IssuerServer, root: Authority) -> None:
    url = aia.publish("root.crt", root.certificate)

    found = completed(root.leaf(ca_issuers=[url]).certificate)

    assert found.intermediates == ()
    assert found.root is not None
    assert len(found.refused) == 1


def test_a_root_before_its_cross_certificate(aia: IssuerServer, root: Authority) -> None:
    older = Authority("Older Root")
    crossed = Authority(root.name, organization=root.organization, parent=older, key=root.key)
    url = aia.publish("both.p7c", crossed.certificate, root.certificate, form="pkcs7")

    found = completed(root.leaf(ca_issuers=[url]).certificate)

    assert found.intermediates == ()
    assert found.root is not None


def test_a_circle(aia: IssuerServer) -> None:
    first, second = Authority("First"), Authority("Second")
    urls = aia.url("first.crt"), aia.url("second.crt")
    crossed = Authority("First", parent=second, key=first.key, ca_issuers=[urls[1]])
    back = Authority("Second", parent=first, key=second.key, ca_issuers=[urls[0]])
    aia.publish("first.crt", crossed.certificate)
    aia.publish("second.crt", back.certificate)

    found = completed(crossed.leaf(ca_issuers=[urls[0]]).certificate)

    assert names(found) == ["First", "Second"]
    assert found.refused == (f'"{urls[0]}": "First" is in the chain already, which goes in a circle.',)
    assert len(aia.paths) == 3


def test_only_so_many_steps(aia: IssuerServer, root: Authority) -> None:
    above = root
    for number in range(8):
        url = aia.publish(f"{number}.crt", above.certificate)
        above = above.intermediate(f"Level {number}", ca_issuers=[url])
    leaf = above.leaf(ca_issuers=[aia.publish("last.crt", above.certificate)])

    found = completed(leaf.certificate)

    assert len(found.intermediates) == len(aia.paths) == 4
    assert found.refused == ("Only 4 certificates are fetched for one chain.",)


BODIES = [
    ("nothing", b"", "holds no certificate"),
    ("a page", b"<html>not here</html>", "holds no certificate"),
    ("noise", bytes(range(256)) * 20, "holds no certificate"),
    ("too much", b"\x30" * (MOST_BYTES + 1), f"the answer was cut short or has more than {MOST_BYTES} bytes"),
]


@pytest.mark.parametrize(("body", "words"), [row[1:] for row in BODIES], ids=[row[0] for row in BODIES])
def test_no_certificate(aia: IssuerServer, root: Authority, body: bytes, words: str) -> None:
    url = aia.answer("issuing.crt", Answer(200, body))

    assert completed(root.intermediate().leaf(ca_issuers=[url]).certificate).refused == (
        f'"{url}": {words}.',
    )


def test_a_private_key_beside_it_is_left_alone(aia: IssuerServer, root: Authority) -> None:
    issuing = root.intermediate()
    body = key_pem_of(issuing.key) + issuing.pem
    url = aia.answer("issuing.pem", Answer(200, body))

    found = completed(issuing.leaf(ca_issuers=[url]).certificate)

    assert names(found) == [issuing.name]
    assert "PRIVATE" not in str(found)


def test_nobody_is_followed_elsewhere(aia: IssuerServer, root: Authority) -> None:
    issuing = root.intermediate()
    real = aia.publish("real.crt", issuing.certificate)
    url = aia.answer("issuing.crt", redirect(real))

    found = completed(issuing.leaf(ca_issuers=[url]).certificate)

    assert found.refused == (f'"{url}": answered 302.',)
    assert aia.paths == ["/issuing.crt"]


def test_the_time_is_bounded_in_all(root: Authority) -> None:
    with RawServer(dripping(b"HTTP/1.1 200 OK\r\n\r\n", b"\x30", 0.05)) as slow:
        urls = [slow.url(f"/{number}", host="localhost") for number in range(3)]
        start = time.monotonic()
        found = completed(root.intermediate().leaf(ca_issuers=urls).certificate, seconds=0.5)

    assert time.monotonic() - start < timedelta(seconds=10).total_seconds()  # it has no end
    assert len(slow.requests) == 1
    assert found.refused[1:] == tuple(f'"{url}": not asked, the time was up.' for url in urls[1:])
