"""What is fuzzed: everything that reads bytes or text of somebody else's. A new reader is one more row.

A reader may raise what it is documented to raise. Whatever else it raises, taking longer than a second, or
making far more of its input than there was, is a finding; so is what a row's own `check` finds.
"""

from __future__ import annotations

import contextlib
import socket
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cache
from pathlib import Path

from pipsafe import origin
from pipsafe.attempts import suspicion
from pipsafe.messages import log_account
from pipsafe.observations import addresses, clock, plain_http, portal
from pipsafe.pip_settings import command_line, pip_config, proxy, requirements, versions
from pipsafe.statements import evidence, log_file, saved_log, words
from pipsafe.stores import java_keystore, keychain, p11_kit, pkcs12, wsl
from pipsafe.tool_settings import (
    apt_conf,
    config_text,
    expansion,
    git_config,
    ini_file,
    json_text,
    npmrc,
    one_line,
    toml_lines,
    yaml_lines,
)
from pipsafe.trust import ca_file, host_scope
from pipsafe.x509 import ca_limits, certificate, der, issuance, name_key
from pipsafe.x509.certificate import MalformedCertificate
from tests.fuzz import seeds

NOW = datetime(2025, 6, 1, 12, tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True)
class Reader:
    """One thing that is fuzzed."""

    read: Callable[[bytes], object]
    seeds: Callable[[], Iterable[bytes]]
    raises: tuple[type[Exception], ...] = ()
    tokens: tuple[bytes, ...] = ()
    """Pieces that mean something to it."""


def of_text(read: Callable[[str], object]) -> Callable[[bytes], object]:
    """A reader of text, and of what it yields."""

    def of_bytes(data: bytes) -> object:
        found = read(config_text.decoded(data))
        return found if isinstance(found, str | tuple | dict | list) or found is None else _listed(found)

    return of_bytes


def _listed(found: object) -> object:
    return list(found) if isinstance(found, Iterable) else found


def _certificate(data: bytes) -> object:
    found = certificate.parse(data)
    texts = (found.subject, found.issuer, found.label, *found.dns_names, *found.ca_issuer_urls)
    assert all(text.isprintable() for text in texts), texts
    assert certificate.subject_of(data) == found.subject_der
    said = ca_limits.clauses(found)
    assert all(text.isprintable() for text in said), said
    return found, certificate.anchor_problem(found, NOW), said, issuance.read(found)


def _subject(data: bytes) -> object:
    key = name_key.of_subject(data)
    with contextlib.suppress(MalformedCertificate):
        assert key == name_key.of_name(certificate.subject_of(data))
    return key


def _bundle(data: bytes) -> object:
    certificates, problems = ca_file.decode(data)
    assert certificates or problems
    assert len(set(certificates)) == len(certificates)
    return certificates, problems


def _der(data: bytes) -> object:
    """Every value, down to the bottom, by every reader of values."""
    found: list[object] = []
    waiting = der.elements(data, 0, len(data))
    while waiting:
        item = waiting.pop()
        for read in (der.boolean, der.count, der.object_identifier, der.time):
            with contextlib.suppress(der.MalformedDER):
                found.append(read(data, item))
        with contextlib.suppress(der.MalformedDER):
            found.append(der.named_bit(data, item, 5))
        found.append(der.text(data, item))
        if item.tag & 0x20:
            with contextlib.suppress(der.MalformedDER):
                waiting += der.members(data, item, item.tag)
    return len(found)


@cache
def _scratch() -> Path:
    return Path(tempfile.mkdtemp(prefix="fuzz-"))


def _pip_config(data: bytes) -> object:
    path = _scratch() / "pip.conf"
    path.write_bytes(data)
    return pip_config.read({}, [("user", str(path))], (26, 3), isolated=False)


def _requirements(data: bytes) -> object:
    return requirements.read(["-"], cwd="/nonexistent", supplied={"-": data}, environ={"TOKEN": "secret"})


def _command_line(data: bytes) -> object:
    argv = data.decode("utf-8", "surrogateescape").split("\n")
    line = command_line.parse(argv)
    shown = command_line.redact(argv)
    assert len(shown) == len(argv)
    return line, shown, command_line.replace_option(argv, "cert", "/ca.pem", (26, 3))


def _words(text: str) -> object:
    start, stop = words.message_in(text)
    message = words.unquoted(text[start:stop])
    assert message.isprintable()
    return words.kind_of(text), message


def _evidence(text: str) -> object:
    found = evidence.read(text)
    for item in found:
        assert item.message.isprintable()
        assert "\n" not in f"{item.url}{item.path}"
    return found


def _saved_log(data: bytes) -> object:
    found = saved_log.read(log_file.decoded(data))
    shown = log_account.lines(found, "a log", is_empty=False)
    return log_account.document(found), len(shown)


def _origin(text: str) -> object:
    found = origin.parse(text)
    if found is not None:
        assert str(found).isprintable()
        assert origin.parse(str(found)) in (found, None)  # urlsplit lets odd zones through, once
    return found, origin.redact(text)


def _expansion(text: str) -> object:
    around = expansion.Surroundings({"HOME": "/home/u", "A": "${A}$A"}, "/home/u", "linux")
    rules = (expansion.tilde, expansion.npm, expansion.pnpm, expansion.berry, expansion.variables)
    more = (expansion.composer, expansion.editor)
    return [rule(text, around) for rule in (*rules, *more)], expansion.path(text, "/folder", around)


def _scope(text: str) -> object:
    server = origin.Origin("https", "index.example", 443)
    pattern, _, host = text.partition("\n")
    return host_scope.covers(pattern, server), addresses.literal(host), versions.release(host)


@cache
def _server() -> tuple[str, deque[bytes]]:
    """The URL of a server on loopback, and what it answers next."""
    listener = socket.create_server(("127.0.0.1", 0))
    answers: deque[bytes] = deque()

    def serve() -> None:
        while True:
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                connection.recv(10_000)
                connection.sendall(answers.popleft())

    threading.Thread(target=serve, daemon=True).start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}/", answers


def _http_answer(data: bytes) -> object:
    url, answers = _server()
    answers.append(data)
    asked = origin.Origin("https", "index.example", 443)
    try:
        answer = plain_http.get(url, proxy=None, seconds=5, most_bytes=10_000)
    finally:
        answers.clear()
    assert len(answer.body) <= 10_000
    assert all(value.isprintable() for value in answer.headers.values())
    said = portal.judge(asked, answer, None)
    assert said is None or said.isprintable()
    return answer, said, clock.from_answer(answer, "index.example")


READERS: Mapping[str, Reader] = {
    "certificate": Reader(_certificate, seeds.certificates, (MalformedCertificate,)),
    "subject": Reader(_subject, seeds.certificates),
    "der": Reader(_der, seeds.certificates, (der.MalformedDER,)),
    "bundle": Reader(_bundle, seeds.bundles, tokens=seeds.PEM_TOKENS),
    "pkcs12": Reader(pkcs12.read, seeds.key_stores, (der.MalformedDER,)),
    "java-keystore": Reader(lambda data: java_keystore.decode("x", data), seeds.key_stores),
    "p11-kit": Reader(p11_kit.objects, seeds.p11_kit, tokens=seeds.P11_TOKENS),
    "p11-kit-distrusted": Reader(p11_kit.distrusted, seeds.p11_kit, tokens=seeds.P11_TOKENS),
    "keychain": Reader(keychain.settings_of, seeds.keychains),
    "powershell": Reader(wsl.decode, seeds.powershell),
    "http-answer": Reader(_http_answer, seeds.answers, (plain_http.PlainHttpFailed,), seeds.HTTP_TOKENS),
    "pip-config": Reader(_pip_config, seeds.ini, tokens=seeds.TOKENS),
    "requirements": Reader(_requirements, seeds.requirements, tokens=seeds.TOKENS),
    "command-line": Reader(_command_line, seeds.command_lines, tokens=seeds.TOKENS),
    "log": Reader(lambda data: _evidence(log_file.decoded(data)), seeds.logs, tokens=seeds.WORDS),
    "saved-log": Reader(_saved_log, seeds.logs, tokens=seeds.WORDS),
    "words": Reader(of_text(_words), seeds.reasons, tokens=seeds.WORDS),
    "suspicion": Reader(suspicion.looks_suspicious, seeds.logs, tokens=seeds.WORDS),
    "origin": Reader(of_text(_origin), seeds.urls, tokens=seeds.TOKENS),
    "proxy": Reader(of_text(proxy.parse), seeds.urls, tokens=seeds.TOKENS),
    "host-scope": Reader(of_text(_scope), seeds.hosts, tokens=seeds.TOKENS),
    "git": Reader(of_text(git_config.read), seeds.ini, tokens=seeds.TOKENS),
    "ini": Reader(of_text(ini_file.read), seeds.ini, tokens=seeds.TOKENS),
    "npm": Reader(of_text(npmrc.read), seeds.ini, tokens=seeds.TOKENS),
    "json": Reader(of_text(json_text.read), seeds.json, tokens=seeds.TOKENS),
    "toml": Reader(of_text(toml_lines.read), seeds.toml, tokens=seeds.TOKENS),
    "yaml": Reader(of_text(yaml_lines.read), seeds.yaml, tokens=seeds.TOKENS),
    "apt": Reader(of_text(apt_conf.read), seeds.apt, tokens=seeds.TOKENS),
    "curl": Reader(of_text(one_line.curl), seeds.one_line, tokens=seeds.TOKENS),
    "wget": Reader(of_text(one_line.wget), seeds.one_line, tokens=seeds.TOKENS),
    "yarn": Reader(of_text(one_line.yarn), seeds.one_line, tokens=seeds.TOKENS),
    "hex": Reader(of_text(one_line.hex_terms), seeds.one_line, tokens=seeds.TOKENS),
    "properties": Reader(of_text(one_line.properties), seeds.one_line, tokens=seeds.TOKENS),
    "jvm-options": Reader(of_text(one_line.jvm_options), seeds.one_line, tokens=seeds.TOKENS),
    "expansion": Reader(of_text(_expansion), seeds.one_line, tokens=seeds.TOKENS),
}
