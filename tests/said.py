"""Words that no pip of ours could be made to say, put together from sources; and words that only sound alike.

Nothing in this module was recorded: tests/logs holds what was. `source` says where the form comes from.
"""

# ruff: noqa: E501 what others say is as long as it is

from __future__ import annotations

from dataclasses import dataclass

from pipsafe.statements.evidence import Kind

RETRY = "WARNING: Retrying (Retry(total=4, connect=None, read=None, redirect=None, status=None))"
BROKEN = f"{RETRY} after connection broken by "
CONFIRMING = "There was a problem confirming the ssl certificate: "
POOL = "HTTPSConnectionPool(host='index.example', port=443): Max retries exceeded with url: /simple/x/ "
FETCH = f"Could not fetch URL https://index.example/simple/x/: {CONFIRMING}"

MACOS = "“index.example” certificate is not trusted"
WINDOWS_GERMAN = (
    "Eine Zertifikatkette wurde zwar verarbeitet, endete jedoch mit einem Stammzertifikat, das beim "
    "Vertrauensanbieter nicht als vertrauenswürdig gilt."
)
WINDOWS_RUSSIAN = (
    "Цепочка сертификатов обработана, но обработка прервана на корневом сертификате, у которого "
    "отсутствует отношение доверия с поставщиком доверия."
)
WINDOWS_CHINESE = "已处理证书链，但是在不受信任提供程序信任的根证书中终止。"
WINDOWS_FRENCH = "Une chaîne de certificats a été traitée mais s'est terminée par un certificat racine qui n'est pas approuvé."
HEX_ONLY = "Certificate chain policy error 0x800b0109 [0]"


@dataclass(frozen=True, slots=True)
class Said:
    name: str
    source: str
    text: str
    kind: Kind
    message: str | None
    """None: whatever it is."""
    leg: str = "index"
    inner: bool = False
    origin: str | None = None
    path: str | None = None


def _own(name: str, source: str, words: str, kind: Kind, message: str | None) -> tuple[Said, Said]:
    """An exception's repr in both statements of an index page that pip makes of it."""
    # A CA file's path is not the request's.
    path = None if kind is Kind.CA_FILE else "/simple/x/"
    return (
        Said(f"{name}-retry", source, f"{BROKEN}'{words}': /simple/x/", kind, message, path=path),
        Said(
            f"{name}-fetch",
            source,
            f"{FETCH}{POOL}(Caused by {words}) - skipping",
            kind,
            message,
            origin="https://index.example:443",
        ),
    )


def _system(name: str, source: str, words: str, message: str | None = None) -> tuple[Said, ...]:
    """Words of an operating system's verifier: as pip says them up to 26.1, and since."""
    refused = f"SSLError(SSLCertVerificationError({words!r}))"
    said = message or words
    bare = Said(
        f"{name}-bare",
        source,
        f"{FETCH}{(words,)!r} - skipping",
        Kind.CERTIFICATE,
        said,
        origin="https://index.example:443",
    )
    box = (
        "error: ssl-verification-failed\n\n"
        "× Failed to establish a secure connection to index.example while fetching "
        f"https://index.example/files/x-1.0.tar.gz\n╰─> {(words,)!r}\n\n"
        "hint: You may need to use --cert or check your proxy/firewall configuration\n"
    )
    boxed = Said(
        f"{name}-box", source, box, Kind.CERTIFICATE, said, leg="file", origin="https://index.example:443"
    )
    return (*_own(name, source, refused, Kind.CERTIFICATE, said), bare, boxed)


def _git(name: str, source: str, words: str, kind: Kind, message: str | None = None) -> Said:
    text = f"  Running command git clone --quiet https://git.example/r.git /tmp/x\n  {words}\n"
    return Said(name, source, text, kind, message, leg="vcs", inner=True, origin="https://git.example:443")


AT_GIT = "fatal: unable to access 'https://git.example/r.git/': "
CAPTURED = """\
  error: subprocess-exited-with-error

  × Getting requirements to build wheel did not run successfully.
  │ exit code: 1
  ╰─> [1 lines of output]
      {}
      [end of output]

  note: This error originates from a subprocess, and is likely not a problem with pip.
"""


def _tool(name: str, source: str, words: str, kind: Kind, message: str | None = None) -> Said:
    return Said(name, source, CAPTURED.format(words), kind, message, leg="build-backend", inner=True)


FAILURES: tuple[Said, ...] = (
    # Python, OpenSSL, LibreSSL
    *_own(
        "openssl-1",
        "OpenSSL 1.1.1 x509_txt.c",
        "SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: "
        "self signed certificate in certificate chain (_ssl.c:1123)'))",
        Kind.CERTIFICATE,
        "self signed certificate in certificate chain",
    ),
    *_own(
        "openssl-3.6",
        "OpenSSL 3.6 x509_txt.c",
        "SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: "
        "certificate is not yet valid or the system clock is incorrect (_ssl.c:1081)'))",
        Kind.CERTIFICATE,
        "certificate is not yet valid or the system clock is incorrect",
    ),
    *_own(
        "libressl",
        "LibreSSL ssl_err.c, CPython _ssl.c",
        "SSLError(SSLError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed (_ssl.c:1045)'))",
        Kind.CERTIFICATE,
        "",
    ),
    *_own(
        "libressl-reasonless",
        "LibreSSL without reason strings, CPython _ssl.c",
        "SSLError(SSLError(1, 'error:1404B42E:SSL routines:ST_CONNECT:tlsv1 alert protocol version'))",
        Kind.PROTOCOL,
        None,
    ),
    *_own(
        "pyopenssl",
        "urllib3 1.x contrib/pyopenssl.py, pip issue 5309",
        "SSLError(SSLError(\"bad handshake: Error([('SSL routines', 'tls_process_server_certificate', "
        "'certificate verify failed')],)\",),)",
        Kind.CERTIFICATE,
        "",
    ),
    *_own(
        "pyopenssl-eof",
        "urllib3 1.x contrib/pyopenssl.py",
        "SSLError(SSLError(\"bad handshake: SysCallError(-1, 'Unexpected EOF')\",),)",
        Kind.PROTOCOL,
        None,
    ),
    *_own(
        "host-address",
        "OpenSSL x509_txt.c, CPython _ssl.c",
        'SSLError(SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: '
        "IP address mismatch, certificate is not valid for '192.0.2.7'. (_ssl.c:1006)\"))",
        Kind.HOSTNAME,
        "IP address mismatch, certificate is not valid for '192.0.2.7'.",
    ),
    *_own(
        "host-either",
        "urllib3 packages/ssl_match_hostname",
        "SSLError(CertificateError(\"hostname 'index.example' doesn't match either of 'a.example', 'b.example'\"))",
        Kind.HOSTNAME,
        "hostname 'index.example' doesn't match either of 'a.example', 'b.example'",
    ),
    *_own(
        "host-no-names",
        "urllib3 packages/ssl_match_hostname",
        "SSLError(CertificateError('no appropriate subjectAltName fields were found'))",
        Kind.HOSTNAME,
        "no appropriate subjectAltName fields were found",
    ),
    *_own(
        "legacy-renegotiation",
        "OpenSSL 3 ssl_err.c",
        "SSLError(SSLError(1, '[SSL: UNSAFE_LEGACY_RENEGOTIATION_DISABLED] unsafe legacy renegotiation "
        "disabled (_ssl.c:1006)'))",
        Kind.PROTOCOL,
        "unsafe legacy renegotiation disabled",
    ),
    *_own(
        "small-key",
        "OpenSSL ssl_err.c",
        "SSLError(SSLError(1, '[SSL: DH_KEY_TOO_SMALL] dh key too small (_ssl.c:1006)'))",
        Kind.PROTOCOL,
        "dh key too small",
    ),
    *_own(
        "record-layer",
        "OpenSSL 3.2 ssl_err.c",
        "SSLError(SSLError(1, '[SSL] record layer failure (_ssl.c:1010)'))",
        Kind.PROTOCOL,
        "record layer failure",
    ),
    *_own(
        "alert-bad-certificate",
        "OpenSSL ssl_err.c",
        "SSLError(SSLError(1, '[SSL: SSLV3_ALERT_BAD_CERTIFICATE] sslv3 alert bad certificate (_ssl.c:1006)'))",
        Kind.CLIENT_CERT,
        "sslv3 alert bad certificate",
    ),
    *_own(
        "alert-unknown-ca",
        "OpenSSL ssl_err.c",
        "SSLError(SSLError(1, '[SSL: TLSV1_ALERT_UNKNOWN_CA] tlsv1 alert unknown ca (_ssl.c:2580)'))",
        Kind.CLIENT_CERT,
        "tlsv1 alert unknown ca",
    ),
    *_own(
        "no-start-line",
        "OpenSSL pemerr.c",
        "SSLError(SSLError(9, '[PEM: NO_START_LINE] no start line (_ssl.c:4149)'))",
        Kind.CA_FILE,
        "no start line",
    ),
    *_own(
        "no-ssl",
        "urllib3 connectionpool.py, pip issue 9427",
        'SSLError("Can\'t connect to HTTPS URL because the SSL module is not available.",)',
        Kind.SSL_MISSING,
        None,
    ),
    # Operating systems
    *_system("macos", "truststore _macos.py, pip issue 12995", MACOS),
    *_system("macos-standards", "pip issue 12995", "“PRIVATE.CERT” certificate is not standards compliant"),
    *_system("macos-old", "truststore _macos.py, macOS 10.13", "Recoverable trust failure occurred"),
    *_system("windows-german", "truststore _windows.py", WINDOWS_GERMAN),
    *_system("windows-russian", "truststore _windows.py", WINDOWS_RUSSIAN),
    *_system("windows-chinese", "truststore _windows.py", WINDOWS_CHINESE),
    *_system("windows-apostrophe", "truststore _windows.py", WINDOWS_FRENCH),
    *_system("windows-both-quotes", "truststore _windows.py", "l'autorité \"racine\" n'est pas approuvée"),
    *_system("windows-hex", "truststore _windows.py", HEX_ONLY),
    *_own(
        "macos-daemon",
        "truststore _macos.py, errSecNotAvailable and the like",
        "SSLError(SSLError('OSStatus -26276'))",
        Kind.CERTIFICATE,
        "OSStatus -26276",
    ),
    Said(
        "macos-name",
        "truststore _macos.py, SecTrust's words",
        f"{BROKEN}'SSLError(SSLCertVerificationError('certificate name does not match input'))': /simple/x/",
        Kind.HOSTNAME,
        "certificate name does not match input",
        path="/simple/x/",
    ),
    Said(
        "macos-traceback",
        "CPython traceback.py",
        f"ssl.SSLCertVerificationError: {(MACOS,)!r}",
        Kind.CERTIFICATE,
        MACOS,
    ),
    # pip
    Said(
        "ipv6",
        "urllib3 connectionpool.py",
        f"Could not fetch URL https://[2001:db8::1]:8443/simple/x/: {CONFIRMING}"
        "HTTPSConnectionPool(host='2001:db8::1', port=8443): Max retries exceeded with url: /simple/x/ "
        "(Caused by SSLError(SSLError(1, '[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1)'))) - skipping",
        Kind.PROTOCOL,
        "wrong version number",
        origin="https://[2001:db8::1]:8443",
    ),
    Said(
        "redirected",
        "pip 24 collector.py, requests sessions.py",
        f"{FETCH}HTTPSConnectionPool(host='mirror.example', port=8443): Max retries exceeded with url: /x/ (Caused by "
        "SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: "
        "certificate has expired (_ssl.c:1006)'))) - skipping",
        Kind.CERTIFICATE,
        "certificate has expired",
        origin="https://mirror.example:8443",
    ),
    Said(
        "host-warning",
        "urllib3 1.26 connection.py, all that `-q --retries 0` leaves",
        "WARNING: Certificate did not match expected hostname: index.example. Certificate: {'subject': ()}",
        Kind.HOSTNAME,
        "Certificate did not match expected hostname: index.example",
    ),
    Said(
        "no-ssl-warning",
        "pip 24 search_scope.py",
        "WARNING: pip is configured with locations that require TLS/SSL, however the ssl module in Python is "
        "not available.",
        Kind.SSL_MISSING,
        None,
    ),
    Said(
        "no-ssl-truststore",
        "pip 24.2 index_command.py",
        "WARNING: Disabling truststore since ssl support is missing",
        Kind.SSL_MISSING,
        None,
    ),
    Said(
        "no-ssl-box",
        "pip 26.3 exceptions/network.py",
        "error: ssl-missing\n\n× Failed to establish a secure connection for https://index.example/x.zip\n"
        "╰─> The 'ssl' module is unavailable but required for HTTPS URLs\n",
        Kind.SSL_MISSING,
        None,
        leg="file",
        origin="https://index.example:443",
    ),
    Said(
        "no-ssl-windows",
        "CPython on Windows without OpenSSL's libraries (conda that was not activated)",
        "ImportError: DLL load failed while importing _ssl: The specified module could not be found.",
        Kind.SSL_MISSING,
        None,
    ),
    Said(
        "ca-file-windows",
        "requests adapters.py",
        "ERROR: Could not install packages due to an OSError: Could not find a suitable TLS CA certificate "
        "bundle, invalid path: C:\\Program Files\\corp ca\\root.pem\n",
        Kind.CA_FILE,
        "Could not find a suitable TLS CA certificate bundle",
        path="C:\\Program Files\\corp ca\\root.pem",
    ),
    Said(
        "proxy-box",
        "pip 26.3 exceptions/network.py",
        "error: proxy-connection-failed\n\n× Failed to connect to proxy http://user:****@proxy.example:3128 while "
        "fetching https://index.example/x.zip\n╰─> ('Unable to connect to proxy', OSError('Tunnel connection "
        "failed: 407 Proxy Authentication Required'))\n\nhint: This is likely a proxy configuration issue.\n",
        Kind.PROXY,
        "Tunnel connection failed: 407 Proxy Authentication Required",
        leg="proxy",
        origin="https://index.example:443",
    ),
    Said(
        "proxy-tls",
        "urllib3 2 connection.py",
        f"{FETCH}{POOL}(Caused by ProxyError('Unable to connect to proxy', SSLError(SSLCertVerificationError(1, "
        "'[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired (_ssl.c:1006)')))) "
        "- skipping",
        Kind.PROXY,
        "certificate has expired",
        leg="proxy",
        origin="https://index.example:443",
    ),
    Said(
        "ascii-box",
        "pip 26.3 exceptions/_base.py, `ascii_only`",
        "error: ssl-verification-failed\n\nFailed to establish a secure connection to index.example while fetching "
        "https://index.example/x.zip\n\n[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get "
        "local issuer certificate (_ssl.c:1006)\n\nhint: You may need to use --cert\n",
        Kind.CERTIFICATE,
        "unable to get local issuer certificate",
        leg="file",
        origin="https://index.example:443",
    ),
    Said(
        "log-file",
        "pip logging.py, `--log`",
        f"2026-11-21T01:02:03,456 {BROKEN}'SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] "
        "certificate verify failed: certificate has expired (_ssl.c:1006)'))': /simple/x/",
        Kind.CERTIFICATE,
        "certificate has expired",
        path="/simple/x/",
    ),
    Said(
        "buildkit",
        "BuildKit's plain progress",
        f"#12 3.456 {BROKEN}'SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate "
        "verify failed: certificate has expired (_ssl.c:1006)'))': /simple/x/",
        Kind.CERTIFICATE,
        "certificate has expired",
        path="/simple/x/",
    ),
    # git
    _git(
        "git-openssl",
        "git http.c, curl vtls/openssl.c",
        f"{AT_GIT}SSL certificate problem: unable to get local issuer certificate",
        Kind.CERTIFICATE,
        "unable to get local issuer certificate",
    ),
    _git(
        "git-gnutls",
        "curl vtls/gtls.c",
        f"{AT_GIT}server certificate verification failed. CAfile: /etc/ssl/certs/ca-certificates.crt CRLfile: none",
        Kind.CERTIFICATE,
        "server certificate verification failed",
    ),
    _git(
        "git-schannel",
        "curl vtls/schannel.c, git-for-windows issue 6179",
        f"{AT_GIT}schannel: SEC_E_UNTRUSTED_ROOT (0x80090325) - The certificate chain was issued by an authority "
        "that is not trusted.",
        Kind.CERTIFICATE,
    ),
    _git(
        "git-schannel-polish",
        "desktop issue 9811",
        f"{AT_GIT}schannel: next InitializeSecurityContext failed: Unknown error (0x80092012) - Funkcja odwołania "
        "nie może sprawdzić odwołania certyfikatu",
        Kind.CERTIFICATE,
    ),
    _git(
        "git-schannel-name",
        "curl vtls/schannel.c",
        f"{AT_GIT}schannel: next InitializeSecurityContext failed: SEC_E_WRONG_PRINCIPAL (0x80090322)",
        Kind.HOSTNAME,
    ),
    _git(
        "git-schannel-alert",
        "executorch pull request 18137",
        f"{AT_GIT}schannel: next InitializeSecurityContext failed: SEC_E_ILLEGAL_MESSAGE (0x80090326)",
        Kind.PROTOCOL,
    ),
    _git(
        "git-german",
        "git po/de.po",
        "fatal: Konnte nicht auf 'https://git.example/r.git/' zugreifen: SSL certificate problem: "
        "certificate has expired",
        Kind.CERTIFICATE,
        "certificate has expired",
    ),
    _git(
        "git-chinese",
        "git po/zh_CN.po",
        "致命错误：无法访问 'https://git.example/r.git/'：SSL certificate problem: certificate has expired",
        Kind.CERTIFICATE,
        "certificate has expired",
    ),
    _git(
        "git-name",
        "curl vtls/openssl.c",
        f"{AT_GIT}SSL: no alternative certificate subject name matches target host name 'git.example'",
        Kind.HOSTNAME,
    ),
    _git(
        "git-libressl",
        "curl vtls/openssl.c",
        f"{AT_GIT}LibreSSL SSL_connect: SSL_ERROR_SYSCALL in connection to git.example:443",
        Kind.PROTOCOL,
    ),
    _git(
        "git-wrong-version",
        "curl vtls/openssl.c",
        f"{AT_GIT}error:0A00010B:SSL routines::wrong version number",
        Kind.PROTOCOL,
    ),
    # Tools inside a build
    _tool(
        "urllib",
        "CPython urllib/request.py",
        "urllib.error.URLError: <urlopen error [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: "
        "unable to get local issuer certificate (_ssl.c:1006)>",
        Kind.CERTIFICATE,
        "unable to get local issuer certificate",
    ),
    _tool(
        "setuptools",
        "setuptools package_index.py",
        "Download error on https://index.example/simple/x/: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify "
        "failed: unable to get local issuer certificate (_ssl.c:1006) -- Some packages may not be found!",
        Kind.CERTIFICATE,
        "unable to get local issuer certificate",
    ),
    _tool(
        "curl",
        "curl tool_operate.c",
        "curl: (60) SSL certificate problem: self-signed certificate in certificate chain",
        Kind.CERTIFICATE,
        "self-signed certificate in certificate chain",
    ),
    _tool(
        "curl-name",
        "curl vtls/openssl.c",
        "curl: (60) SSL: no alternative certificate subject name matches target host name 'h.example'",
        Kind.HOSTNAME,
    ),
    _tool(
        "curl-connect", "curl", "curl: (35) error:0A00010B:SSL routines::wrong version number", Kind.PROTOCOL
    ),
    _tool(
        "cargo",
        "cargo, curl-rust",
        "  [60] SSL certificate problem: certificate has expired",
        Kind.CERTIFICATE,
    ),
    _tool("rustls", "rustls", "Caused by: invalid peer certificate: UnknownIssuer", Kind.CERTIFICATE),
    _tool(
        "go",
        "Go crypto/x509",
        'Get "https://index.example/": tls: failed to verify: x509: certificate signed by unknown authority',
        Kind.CERTIFICATE,
    ),
    _tool("wget", "wget openssl.c", "ERROR: cannot verify index.example's certificate", Kind.CERTIFICATE),
    _tool("java", "sun.security.validator", "PKIX path building failed: unable to find", Kind.CERTIFICATE),
    _tool("node", "Node tls", "npm ERR! code UNABLE_TO_VERIFY_LEAF_SIGNATURE", Kind.CERTIFICATE),
)

HARMLESS: dict[str, str] = {
    "collecting": "Collecting certifi\n  Downloading certifi-2026.1.1-py3-none-any.whl (150 kB)\n",
    "package": "Collecting ssl-certificate\n  Using cached ssl_certificate-1.0.tar.gz\nCollecting SSLError==1\n",
    "installed": "Successfully installed certifi-2026.1.1 truststore-0.10.4 pyOpenSSL-24.0 ssl-certificate-1.0\n",
    "summary": "Name: x\nSummary: Solves SSLError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed\n",
    "described": "Description: see SSLError(SSLCertVerificationError(1, 'certificate verify failed'))\n",
    "listing": "certifi            2026.1.1\nssl-certificate    1.0\nservice-identity   24.1\n",
    "option": "  --cert <path>  Path to PEM-encoded CA certificate bundle. See 'SSL Certificate Verification'.\n",
    "client option": "  --client-cert <path>  Path to SSL client certificate, a single file containing the key\n",
    "trusted option": "  --trusted-host <hostname>  Mark this host as trusted, even though no valid HTTPS.\n",
    "insecure": (
        "/usr/lib/python3/site-packages/urllib3/connectionpool.py:1099: InsecureRequestWarning: Unverified HTTPS "
        "request is being made to host 'index.example'. Adding certificate verification is strongly advised.\n"
    ),
    "insecure platform": (
        "InsecurePlatformWarning: A true SSLContext object is not available. This prevents urllib3 from configuring "
        "SSL appropriately and may cause certain SSL connections to fail.\n"
    ),
    "subject alt name": "SubjectAltNameWarning: Certificate for h has no `subjectAltName`, falling back to CN\n",
    "untrusted": (
        "WARNING: The repository located at index.example is not a trusted or secure host and is being ignored. If "
        "this repository is available via HTTPS we recommend you use HTTPS instead.\n"
    ),
    "unknown host": f"{BROKEN}'NewConnectionError('<pip._vendor.urllib3.connection.HTTPSConnection object at 0x7f>: "
    "Failed to establish a new connection: [Errno -2] Name or service not known')': /simple/x/\n",
    "unknown host 26": f"{BROKEN}'NameResolutionError(\"HTTPSConnection(host='h', port=443): Failed to resolve 'h' "
    "([Errno -2] Name or service not known)\")': /simple/x/\n",
    "reset": f"{BROKEN}'ProtocolError('Connection aborted.', ConnectionResetError(104, 'reset by peer'))': /simple/x/\n",
    "disconnected": f"{BROKEN}'RemoteDisconnected('Remote end closed connection without response')': /simple/x/\n",
    "read timeout": f"{BROKEN}'ReadTimeoutError(\"HTTPSConnectionPool(host='h', port=443): Read timed out.\")': /s/\n",
    "connect timeout": f"{BROKEN}'ConnectTimeoutError(<object at 0x1>, 'Connection to h timed out.')': /simple/x/\n",
    "handshake timeout": f"{BROKEN}'SSLError(SSLError('The handshake operation timed out',),)': /simple/x/\n",
    "timeout of ssl": f"{BROKEN}'SSLError(TimeoutError('_ssl.c:989: The handshake operation timed out'))': /s/\n",
    "gone": "Could not fetch URL https://index.example/simple/x/: 404 Client Error: Not Found - skipping\n",
    "refused page": (
        f"Could not fetch URL https://index.example/simple/x/: connection error: {POOL}(Caused by "
        "NewConnectionError('<object>: [Errno 111] Connection refused')) - skipping\n"
    ),
    "status": "ERROR: HTTP error 403 while getting https://index.example/ssl/x-1.0.tar.gz\n",
    "no space": "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n",
    "no permission": (
        "ERROR: Could not install packages due to an OSError: [Errno 13] Permission denied: "
        "'/usr/lib/python3/site-packages/certifi/cacert.pem'\nConsider using the `--user` option.\n"
    ),
    "no file": "OSError: [Errno 2] No such file or directory: '/etc/ssl/certs/ca-certificates.crt'\n",
    "hash": "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES. Certificate pinning is no concern of them.\n",
    "git host": f"{AT_GIT}Could not resolve host: git.example\n",
    "git refused": f"{AT_GIT}Failed to connect to git.example port 443 after 0 ms: Couldn't connect to server\n",
    "git denied": f"{AT_GIT}The requested URL returned error: 403\n",
    "git ssl in name": "fatal: repository 'https://git.example/ssl-certificate-problem.git/' not found\n",
    "git commit": "  HEAD is now at 1234567 Do not ignore SSL certificate problem: certificate has expired\n",
    "curl http": "curl: (22) The requested URL returned error: 404\n",
    "curl host": "curl: (6) Could not resolve host: ssl.example\n",
    "compiling": "  building '_ssl' extension\n  gcc -c Modules/_ssl.c -o build/_ssl.o\n",
    "compile error": "      Modules/_ssl.c:57:10: fatal error: openssl/ssl.h: No such file or directory\n",
    "import error": "ImportError: cannot import name 'urlopen' from 'urllib3' (certificate.py)\n",
    "other module": "ModuleNotFoundError: No module named 'certifi_win32'\n",
    "requirement": "# SSLError: fixed by pinning\nssl-certificate==1.0 # certificate verify failed\n",
    "yanked": "WARNING: Yanked because of: SSLError in x, [SSL: CERTIFICATE_VERIFY_FAILED] on old Pythons\n",
    "deprecation": "DEPRECATION: --use-deprecated=legacy-certs is scheduled for removal. SSL certificates move.\n",
    "feature": "WARNING: --use-feature=truststore is on: certificates are verified by the system\n",
    "no platform": "WARNING: Disabling truststore because platform isn't supported\n",
    "quoted": "> WARNING: Retrying (Retry(total=4)) after connection broken by 'SSLError(1)': /simple/x/\n",
    "mid-line": f"the log says: {BROKEN}'SSLError(SSLError(1, '[SSL: X] y (_ssl.c:1)'))': /simple/x/\n",
    "unfinished": f"{BROKEN}'SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAI",
    "proxy set": "  --proxy <proxy>  Specify a proxy in the form scheme://[user:passwd@]proxy.server:port.\n",
    "empty": "",
    "bare exit": "\n",
}
"""What only sounds alike."""
