"""What the mutants are made of: good inputs of every kind, and words that mean something in them."""

# ruff: noqa: E501 what others write is as long as it is

from __future__ import annotations

import plistlib
from collections.abc import Iterator
from functools import cache
from ipaddress import ip_network
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from tests.certificates import CA, KEY, key_usage, loaded, make, name, oid, pem, public_roots, raw, tlv

LOGS = Path(__file__).parents[1] / "logs"

PEM_TOKENS = (
    *(b"-----BEGIN CERTIFICATE-----\n", b"-----END CERTIFICATE-----\n", b"-----BEGIN ", b"-----", b"\n"),
    *(b"TRUSTED CERTIFICATE", b"PKCS7", b"PRIVATE KEY", b"\xff\xfe", b"\xef\xbb\xbf", b"[p11-kit-object-v1]"),
)
P11_TOKENS = (b"[p11-kit-object-v1]\n", b"x-distrusted: true\n", b"trusted: false\n", b'value: "%00"\n')
TOKENS = tuple(
    token.encode()
    for token in (
        *("=", ":", "\n", "\r\n", "\\", "\\\n", '"', "'", "#", ";", "[", "]", "{", "}", "${A}", "$A", "%20"),
        *("//", "/*", "*/", "- ", "  ", "\t", "~", "<<", '"""', "'''", "include", "[[", "]]", "::", ",", "|"),
        *("https://", "user:password@", "@", "[::1]", "*.", "index.example", ":443", "--cert", "-r ", "-qi"),
        *("\0", "\x1b[2J", "\u202e", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "ſ", "İ"),
        *("ssl_verify", "cafile=", "http.sslCAInfo", "trusted-host", "-----BEGIN CERTIFICATE-----"),
    )
)
HTTP_TOKENS = (
    *(
        b"HTTP/1.1 302 Found\r\n",
        b"Location: ",
        b"Content-Length: 9999999999\r\n",
        b"\r\n\r\n",
        b"0\r\n",
        b"\0",
    ),
    *(
        b"Transfer-Encoding: chunked\r\n",
        b"Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
        b"ffffffff\r\n",
        b"\x1b[2J",
    ),
    *(
        b"Content-Encoding: gzip\r\n",
        b"http://login.example/",
        b"-1",
        b"<meta http-equiv=refresh",
        b"\xe2\x80\xae",
    ),
)
WORDS = tuple(
    word.encode()
    for word in (
        *("SSLError(", "SSLCertVerificationError(1, '", "[SSL: CERTIFICATE_VERIFY_FAILED]", "(_ssl.c:1000)"),
        *(
            "Retrying (Retry(total=4",
            "')': /simple/",
            "Could not fetch URL https://[",
            "HTTPSConnectionPool(",
        ),
        *("ProxyError('", "Tunnel connection failed: 407", "x509: certificate", "\\x27", "\\u2028", "│", "━"),
        *(
            "fatal: unable to access '",
            "hostname 'a' doesn't match 'b'",
            "\x1b[31m",
            "\x1b]0;",
            "\r",
            "\n    ",
        ),
    )
)


@cache
def _odd_certificates() -> tuple[bytes, ...]:
    names = x509.SubjectAlternativeName(
        [
            x509.DNSName("index.example"),
            x509.IPAddress(ip_network("::1/128").network_address),
            x509.UniformResourceIdentifier("https://index.example/"),
            x509.DirectoryName(name("Other")),
        ]
    )
    access = x509.AuthorityInformationAccess(
        [
            x509.AccessDescription(
                AuthorityInformationAccessOID.CA_ISSUERS,
                x509.UniformResourceIdentifier("http://ca.example/ca"),
            )
        ]
    )
    limits = x509.NameConstraints(
        [x509.DNSName("corp.example"), x509.IPAddress(ip_network("10.0.0.0/8"))], [x509.DNSName("")]
    )
    own = x509.SubjectKeyIdentifier.from_public_key(KEY.public_key())
    by = x509.AuthorityKeyIdentifier.from_issuer_public_key(KEY.public_key())
    usages = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
    path = x509.BasicConstraints(ca=True, path_length=3)
    return (
        make(
            extensions=[(CA, True), (key_usage(sign=True), True), (own, False), (by, False), (limits, True)]
        ),
        make(name("index.example"), name("Issuer"), [(names, False), (access, False), (usages, False)]),
        make(name("Ümlaut, \\ und", organization_name="鍵", country_name="DE"), extensions=[(path, True)]),
        raw(version=b"", extensions=None),
    )


def certificates() -> Iterator[bytes]:
    yield from _odd_certificates()
    yield from public_roots()[::25]


def bundles() -> Iterator[bytes]:
    one, two, *_ = _odd_certificates()
    both = pem(one) + pem(two)
    yield from (both, one, one + two, both.replace(b"\n", b"\r\n"), both.decode().encode("utf-16"))
    yield b"# comment\n\n" + both + b"# end"
    trust = tlv(0x30, tlv(0x30, oid("1.3.6.1.5.5.7.3.1")), tlv(0xA0, oid("1.3.6.1.5.5.7.3.2")))
    yield pem(one + trust, "TRUSTED CERTIFICATE")
    for encoding in (serialization.Encoding.PEM, serialization.Encoding.DER):
        yield pkcs7.serialize_certificates([loaded(one), loaded(two)], encoding)
    key = KEY.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    yield key + both
    yield from key_stores()


def key_stores() -> Iterator[bytes]:
    one, two, *_ = _odd_certificates()
    plain = serialization.NoEncryption()
    yield pkcs12.serialize_key_and_certificates(b"ca", KEY, loaded(one), [loaded(two)], plain)
    yield pkcs12.serialize_java_truststore([pkcs12.PKCS12Certificate(loaded(one), b"ca")], plain)
    entry = b"\0\0\0\2\0\2ca" + bytes(8) + b"\0\5X.509" + len(one).to_bytes(4, "big") + one
    for magic in (b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce"):
        yield magic + b"\0\0\0\2\0\0\0\1" + entry + bytes(20)


def p11_kit() -> Iterator[bytes]:
    one, *_ = _odd_certificates()
    yield (
        b'[p11-kit-object-v1]\nlabel: "Example%20Root"\nclass: certificate\ntrusted: false\nx-distrusted: true\n'
        b'issuer: "%30%00"\nserial-number: "%02%01%07"\nid: "a\\"b"\n' + pem(one)
    )
    yield b'[p11-kit-object-v1]\nclass: x-certificate-extension\n# c\nvalue: "%30"\n' + pem(one, "PUBLIC KEY")


def keychains() -> Iterator[bytes]:
    settings = {"kSecTrustSettingsPolicy": b"\x2a", "kSecTrustSettingsResult": 3}
    trusted = {"trustSettings": [settings, {}], "issuerName": b"0", "serialNumber": b"\1"}
    exported = {"trustList": {"00" * 20: trusted, "FF" * 20: {"trustSettings": []}}, "trustVersion": 1}
    yield plistlib.dumps(exported, fmt=plistlib.FMT_XML)


def powershell() -> Iterator[bytes]:
    one, two, *_ = _odd_certificates()
    for data, store in ((one, b"Root "), (two, b"Disallowed ")):
        body = b"".join(pem(data).splitlines()[1:-1])
        yield store + body + b"\r\nend\r\n"


def answers() -> Iterator[bytes]:
    head = b"HTTP/1.1 200 OK\r\nDate: Sun, 01 Jun 2025 12:00:00 GMT\r\nContent-Type: text/html\r\n"
    yield head + b"Content-Length: 20\r\n\r\n<html>Sign in</html>"
    yield head + b"Transfer-Encoding: chunked\r\n\r\n5\r\n<html\r\n8;x=y\r\n></html>\r\n0\r\nA: b\r\n\r\n"
    yield b"HTTP/1.1 302 Found\r\nLocation: http://login.example/?url=https://index.example/\r\n\r\n"
    yield b"HTTP/1.0 511 Network Authentication Required\r\nDate: Sunday, 06-Nov-94 08:49:37 GMT\r\n\r\n"
    yield (
        b"HTTP/1.1 100 Continue\r\n\r\n" + head + b"\r\n<meta http-equiv=refresh content='0;url=//a.example'>"
    )
    yield b"SSH-2.0-OpenSSH_9.6\r\n"


def ini() -> Iterator[bytes]:
    yield b"[global]\nindex-url = https://user:password@index.example/simple\ncert = /ca.pem\ntimeout=5\n"
    yield b"[install]\ntrusted-host =\n    index.example\n    other.example:8443\n; c\n# d\nno-index: yes\n"
    yield b'[http "https://*.example.com/"]\n\tsslCAInfo = "/a b.pem" ; c\n\tsslVerify\n[include]\npath=~/x\n'
    yield b'registry=https://index.example/\n//index.example/:cafile=${HOME}/ca.pem\nca[]="-----BEGIN\\n"\n'
    yield b"[default]\nca_bundle = /ca.pem\ns3 =\n  x = 1\n[profile a]\n"


def requirements() -> Iterator[bytes]:
    yield b"-i https://index.example/simple\n--trusted-host a.example  # c\nspeck==1.0 --hash=sha256:00 \\\n  -e .\n"
    yield b"\xef\xbb\xbf# -*- coding: latin-1 -*-\nspeck @ git+https://${TOKEN}@index.example/a.git@v1#egg=speck\n"
    yield "-c https://index.example/c.txt\n-f ./wheels\nspeck[a,b]>=1 ; python_version<'3'\n".encode("utf-16")


def command_lines() -> Iterator[bytes]:
    yield b"install\n--cert=/ca.pem\n-qi\nhttps://user:password@index.example/simple\nspeck"
    yield b"--isolated\n--proxy\nhttp://u:p@proxy.example:3128\ndownload\n--no-deps\n-r\nr.txt\n--\n-x"
    yield b"install\n--trust\na.example\n--timeout=x\n-vvv\n--cert"


def logs() -> Iterator[bytes]:
    for path in sorted(LOGS.glob("*.log"))[::6]:
        yield path.read_bytes()[:20_000]


def reasons() -> Iterator[bytes]:
    yield b"SSLError(SSLCertVerificationError(1,'[SSL:CERTIFICATE_VERIFY_FAILED]certificateverifyfailed:x(_ssl.c:1)'))"
    yield b"hostname'a.example'doesn'tmatch'b.example'"
    yield b"ProxyError('Cannotconnecttoproxy.',OSError('Tunnelconnectionfailed:407ProxyAuthenticationRequired'))"


def urls() -> Iterator[bytes]:
    yield from (b"https://user:password@index.example:8443/simple/?token=x#egg=a", b"git+https://[::1]/a.git")
    yield from (
        b"proxy.example:3128",
        b"http://u%40:p@[fe80::1%25eth0]:80",
        "https://bücher.example/".encode(),
    )


def hosts() -> Iterator[bytes]:
    yield from (b"*.example.com:8443\n127.0.0.1", b"index.example\n::ffff:10.0.0.1", b"[::1]:5000\n24.1b2")


def json() -> Iterator[bytes]:
    yield b'// c\n{"http": {"caFile": "/ca.pem", /* c */ "list": ["a", 1, null,],}, "\\u00e9": "x",}\n'
    yield b'{"proxies": {"default": {"httpsProxy": "http://u:p@proxy.example"}}, "a": {"b": {"c": {"d": "e"}}}}'


def toml() -> Iterator[bytes]:
    yield b'[http]\ncainfo = "/ca.pem" # c\nproxy.x = \'a\'\n[[index]]\nurl = """a\nb"""\nn = [1, "b", {c = "d"}]\n'
    yield b'"quoted key".a = "\\u00e9\\n"\n[certificates."a.example"]\ncert = true\nwhen = 2024-01-01 00:00:00\n'


def yaml() -> Iterator[bytes]:
    yield b"ssl_verify: /ca.pem # c\nchannels:\n  - a\n  - 'b: c'\nproxy_servers: {http: \"x\", https: y}\n"
    yield b'---\n:ssl_ca_cert: /ca.pem\nnpmRegistries:\n  "//a.example":\n    caFilePath: ~/a\ntext: |\n  block\n'


def apt() -> Iterator[bytes]:
    yield b'Acquire::https::CaInfo "/ca.pem";\nAcquire { https { "a.example" { CAInfo "/b.pem"; }; }; };\n# c\n/* d */'


def one_line() -> Iterator[bytes]:
    yield b'cacert = "/a b.pem"\n--capath /x\nproxy:http://u:p@proxy.example\n# c\n'
    yield b'ca_certificate = /ca.pem\nca-directory=/x\ncafile "/ca.pem"\n"cafile" /x\n'
    yield b'{cacerts_path, <<"/ca.pem">>}.\nsystemProp.javax.net.ssl.trustStore=/a\\:b\n'
    yield b"-Xmx1g '-Djavax.net.ssl.trustStore=/a b' -Djavax.net.ssl.trustStore=\"/c\"\n"
    yield b"$A/${HOME}/%A%/~/${env:HOME}/${A:-x}/\\${A}"
