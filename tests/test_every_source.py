"""Each source of trust: found where a user or an administrator set it up; in a project, the same file is not.

A row is one way to name a CA. A machine of the test's own has it as a project's file, and the search must not
come upon the CA; then the very same file goes where it belongs, and the search has to, and say where.
"""

from __future__ import annotations

import fnmatch
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from pipsafe.origin import Origin
from pipsafe.pip_settings.surroundings import Surroundings
from pipsafe.stores import agents, anchor_folders, java_keystore
from pipsafe.stores import found as stores
from pipsafe.tool_settings import certs_d, folders, scopes, variables
from pipsafe.tool_settings import found as tool_settings
from pipsafe.tool_settings.tools import TOOLS, Tool
from pipsafe.trust import anchors, discovery, ownership, sources, stock, system_store
from pipsafe.trust.anchors import Candidate
from pipsafe.trust.sources import FOLDERS, FOR_PROXIES, VARIABLES, Source
from tests.checkups import looked_at
from tests.lab import system_store as lab_store
from tests.lab.authority import Authority
from tests.lab.index_server import IndexServer
from tests.lab.java import key_store
from tests.lab.packages import wheel
from tests.lab.run import Run, clean_environment, run_pipsafe
from tests.lab.targets import Target
from tests.machine import NOW, needs_root, seen
from tests.rescues import assert_refused, assert_rescued, patient

if sys.platform == "win32":
    pytest.skip("POSIX modes", allow_module_level=True)

ROOT = Authority("Example Corporate Root")
OTHER = Authority("Example Other Root")

HOST = "index.example"
CHAIN = seen(ROOT.leaf([HOST]))
INDEX, ELSEWHERE = Origin("https", HOST, 443), Origin("https", "files.example", 443)

IN_PROJECT = "it lies in the working folder, which is not trusted"
LOOSE = "can be written by everyone"


@dataclass(frozen=True, slots=True)
class Row:
    """One way to name a CA.

    In texts `@ca@` is the path of its file, `@certs@` of a folder with it, `@store@` of a key store; `@pem@`,
    `@inline@`, `@p11-kit@` and `@jks@` are the CA itself. `@host@` is the server, `@origin@` has its port as
    well, `@root@` is the machine's `/`.
    """

    label: str
    """The setting, or what the name begins with."""
    place: str
    """The file: "/etc/x", "~/x"; "" where variables or the command line say all."""
    content: str
    planted: tuple[str, ...] = ()
    """What a project would call that file, beside the name that it has here."""
    host: str | None = None
    """The one that it counts for."""
    tier: str = "configured"
    platform: str = "linux"
    environ: Mapping[str, str] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    """On pip's command line."""
    told: str | None = None
    """The name in full, where it is not label, file and line; with `@place@`."""

    @property
    def id(self) -> str:
        return f"{self.label} {self.place}".strip()

    @property
    def holds_the_ca(self) -> bool:
        """Whether the file is the CA's own."""
        return any(mark in self.content for mark in ("@pem@", "@inline@", "@p11-kit@", "@jks@"))

    @property
    def name(self) -> str:
        """What people are told, with `@place@`."""
        if self.told is not None:
            return self.told
        scope = f" for {self.host}" if self.host else ""
        line = self.content[: self.content.rindex("@")].count("\n") + 1  # the last mark is the CA's
        return f"{self.label}{scope} (@place@, line {line})"

    @property
    def plants(self) -> tuple[str, ...]:
        """Paths in a project: what it would call it, and whatever it is called here."""
        here = self.place.lstrip("~/")
        names = (here, Path(here).name) if here else (".env", ".envrc", "pyproject.toml")
        return tuple(dict.fromkeys((*self.planted, *names)))


# Tools, with the name that their file has in a project


BY_PROXY = {"https_proxy": "https://@origin@"}
"""For CAs that count at the proxy only: the server is it."""

OF_GIT = (
    Row("http.sslCAInfo", "/etc/gitconfig", "[http]\n\tsslCAInfo = @ca@\n", (".git/config",)),
    Row("http.sslCAInfo", "~/.gitconfig", "[user]\n\tname = x\n[http]\nsslCAInfo = @ca@", (".git/config",)),
    Row("http.sslCAPath", "~/.gitconfig", "[http]\n\tsslCAPath = @certs@\n", (".git/config",)),
    Row(
        "http.proxySSLCAInfo",
        "~/.config/git/config",
        "[http]\nproxySSLCAInfo=@ca@",
        (".git/config",),
        host="@origin@",
        environ=BY_PROXY,
    ),
    *(
        Row(
            f"http.{key}",
            "~/.gitconfig",
            f'[http "https://@host@"]\n\t{key} = {value}\n',
            (".git/config",),
            host="@origin@",
        )
        for key, value in (("sslCAInfo", "@ca@"), ("sslCAPath", "@certs@"))
    ),
)

OF_NODE = (
    *(
        row
        for place in (
            *("~/.npmrc", "/etc/npmrc", "/usr/local/etc/npmrc"),
            *("~/.config/pnpm/rc", "~/.config/pnpm/auth.ini"),
        )
        for row in (
            Row("cafile", place, "registry=https://npm.example/\ncafile=@ca@\n", (".npmrc",)),
            Row("cafile", place, "//@host@/npm/:cafile=@ca@\n", (".npmrc",), host="@origin@"),
            Row("ca", place, '; ours\nca="@inline@"\n', (".npmrc",)),
        )
    ),
    *(
        Row("cafile", place, 'cafile "@ca@"\n', (".yarnrc",))
        for place in ("~/.yarnrc", "/etc/yarnrc", "~/.config/yarn/config")
    ),
    *(
        row
        for key in ("httpsCaFilePath", "caFilePath")
        for row in (
            Row(key, "~/.yarnrc.yml", f"{key}: @ca@\n", (".yarnrc.yml",)),
            Row(
                key,
                "~/.yarnrc.yml",
                f'networkSettings:\n  "@host@":\n    {key}: "@ca@"\n',
                (".yarnrc.yml",),
                host="@host@",
            ),
        )
    ),
)

OF_CONDA = (".condarc", "condarc", ".mambarc")
POETRY = "certificates.<name>.cert"
OF_PYTHON = (
    *(
        Row("ssl_verify", place, "channels:\n- defaults\nssl_verify: @ca@\n", OF_CONDA)
        for place in (
            *("~/.condarc", "/etc/conda/.condarc", "/etc/conda/condarc.d/corp.yml", "/opt/conda/.condarc"),
            *("~/.conda/.condarc", "~/miniconda3/.condarc", "~/.mambarc", "~/.config/mamba/mambarc"),
        )
    ),
    Row("verify_ssl", "~/.condarc", "verify_ssl: '@ca@'\n", OF_CONDA),
    Row("cacert_path", "~/.mambarc", "cacert_path: @ca@\n", OF_CONDA),
    *(
        Row(
            POETRY,
            f"~/.config/pypoetry/{name}",
            '[repositories.corp]\nurl = "https://@host@/simple"\n[certificates.corp]\ncert = "@ca@"\n',
            ("poetry.toml", "pyproject.toml"),
            host="@origin@",
        )
        for name in ("config.toml", "auth.toml")
    ),
    *(
        Row("pypi.ca_certs", place, '[pypi]\nca_certs = "@ca@"\n', ("pdm.toml", ".pdm.toml"))
        for place in ("~/.config/pdm/config.toml", "/etc/xdg/pdm/config.toml")
    ),
    *(
        Row(
            f"{table}.ca_certs",
            "~/.config/pdm/config.toml",
            f'[{table.replace("<name>", "corp")}]\nurl = "https://@host@"\nca_certs = "@ca@"\n',
            ("pdm.toml",),
            host="@origin@",
        )
        for table in ("pypi", "pypi.<name>", "repository.<name>")
    ),
    *(
        Row("ca_bundle", "~/.aws/config", f"[{section}]\nregion = x\nca_bundle = @ca@\n", (".aws/config",))
        for section in ("default", "profile corp")
    ),
    *(
        Row("core/custom_ca_certs_file", place, "[core]\ncustom_ca_certs_file = @ca@\n")
        for place in (
            *("~/.config/gcloud/properties", "~/.config/gcloud/configurations/config_default"),
            "/usr/lib/google-cloud-sdk/properties",
        )
    ),
)

TRUST_STORE = "javax.net.ssl.trustStore"
ACQUIRE = "Acquire::https::CaInfo"
OF_OTHERS = (
    *(
        Row("http.cainfo", f"~/.cargo/{name}", '[http]\ncainfo = "@ca@"\n', (".cargo/config.toml",))
        for name in ("config.toml", "config")
    ),
    Row(
        "http.proxy-cainfo",
        "~/.cargo/config.toml",
        '[http]\nproxy-cainfo = "@ca@"\n',
        (".cargo/config.toml",),
        host="@origin@",
        environ=BY_PROXY,
    ),
    *(
        Row(key, place, f"# ours\n{key} = {value}\n", (".curlrc",))
        for place in ("~/.curlrc", "~/.config/curlrc")
        for key, value in (("cacert", "@ca@"), ("capath", '"@certs@"'))
    ),
    *(
        Row(key, place, f"# ours\n{key} = {value}\n", (".curlrc",), host="@origin@", environ=BY_PROXY)
        for place in ("~/.curlrc", "~/.config/curlrc")
        for key, value in (("proxy-cacert", "@ca@"), ("proxy-capath", "@certs@"))
    ),
    Row("ca_certificate", "~/.wgetrc", "ca_certificate = @ca@\n"),
    Row("ca_certificate", "/etc/wgetrc", "ca_certificate = @ca@\n"),
    Row("ca_directory", "~/.wgetrc", "ca_directory = @certs@\n"),
    Row("BUNDLE_SSL_CA_CERT", "~/.bundle/config", '---\nBUNDLE_SSL_CA_CERT: "@ca@"\n', (".bundle/config",)),
    Row(":ssl_ca_cert", "~/.gemrc", "---\n:ssl_ca_cert: @ca@\n"),
    Row("ssl_ca_cert", "/etc/gemrc", "ssl_ca_cert: @ca@\n"),
    *(
        Row(
            f"config.{key}",
            "~/.config/composer/config.json",
            f'{{"config": {{\n"{key}": "{value}"}}}}',
            ("composer.json",),
        )
        for key, value in (("cafile", "@ca@"), ("capath", "@certs@"))
    ),
    Row("cacerts_path", "~/.hex/hex.config", '{cacerts_path,<<"@ca@">>}.\n'),
    *(
        Row(ACQUIRE, place, 'Acquire::https::CaInfo "@ca@";\n')
        for place in ("/etc/apt/apt.conf", "/etc/apt/apt.conf.d/99corp")
    ),
    *(
        Row(ACQUIRE, "/etc/apt/apt.conf", f'Acquire::https::{key} "@ca@";\n', host="@host@")
        for key in ("@host@::CaInfo", "CAInfo::@host@")
    ),
    Row("sslcacert", "/etc/dnf/dnf.conf", "[main]\nsslcacert=@ca@\n"),
    Row(
        "sslcacert",
        "/etc/yum.repos.d/corp.repo",
        "[corp]\nbaseurl=https://@host@/$releasever/\nsslcacert=@ca@\n",
        host="@origin@",
    ),
    *(
        Row(TRUST_STORE, "~/.gradle/gradle.properties", f"{line}@store@\n")
        for line in (f"systemProp.{TRUST_STORE}=", f"org.gradle.jvmargs=-Xmx1g -D{TRUST_STORE}=")
    ),
    *(
        Row(TRUST_STORE, place, f'# ours\nMAVEN_OPTS="-D{TRUST_STORE}=@store@"\n', (".mvn/jvm.config",))
        for place in ("~/.mavenrc", "/etc/mavenrc")
    ),
    *(
        Row(
            "NODE_EXTRA_CA_CERTS",
            f"~/.config/{editor}/User/settings.json",
            '{\n"terminal.integrated.env.linux": {"NODE_EXTRA_CA_CERTS": "@ca@"}}',
            (".vscode/settings.json",),
        )
        for editor in ("Code", "Cursor")
    ),
)

OF_TOOLS = (*OF_GIT, *OF_NODE, *OF_PYTHON, *OF_OTHERS)


# pip's own settings, each where another one overrides it


CONF, OVERRIDDEN = "[global]\ncert = @ca@\n", {"PIP_CERT": "@root@/corp/other.pem"}


def _of_pip(place: str, content: str = CONF, section: str = "global", **environ: str) -> Row:
    told = f"cert (@place@, line 2, [{section}])"
    return Row(
        f"cert [{section}]",
        place,
        content,
        ("pip.conf", ".pip/pip.conf", "pip.ini"),
        environ={**OVERRIDDEN, **environ},
        told=told,
    )


OF_PIP = (
    _of_pip("~/.config/pip/pip.conf"),
    _of_pip("~/.pip/pip.conf"),
    _of_pip("~/prefix/pip.conf"),  # the target's own
    _of_pip("/etc/xdg/pip/pip.conf", XDG_CONFIG_DIRS="@root@/etc/xdg"),
    _of_pip("/etc/corp.conf", PIP_CONFIG_FILE="@root@/etc/corp.conf"),
    *(
        _of_pip("~/.config/pip/pip.conf", f"[{section}]\ncert = @ca@\n", section)
        for section in ("install", "download")
    ),
    Row("--cert", "", "", words=("--cert", "@ca@"), told="cert (command line)"),
)


# Variables


_AS_PIP_READS_IT = {"PIP_CERT": "cert (environment variable PIP_CERT)"}


def _named_by(kind: str) -> str:
    return "@certs@" if kind is FOLDERS else "@ca@"


def _of_jvm(variable: str) -> Row:
    known = variable in variables.JVM
    told = f"{TRUST_STORE} ({variable})" if known else f"{TRUST_STORE} in {variable}"
    return Row(variable, "", "", environ={variable: f"-Xmx1g -D{TRUST_STORE}=@store@"}, told=told)


OF_VARIABLES = (
    *(
        Row(name, "", "", environ={name: _named_by(kind)}, told=_AS_PIP_READS_IT.get(name, name))
        for name, (_, kind) in VARIABLES.items()
        if name not in FOR_PROXIES
    ),
    *(
        Row(
            name,
            "",
            "",
            host="@origin@",
            environ={name: "@ca@", **BY_PROXY},
            told=f"{name} for @origin@",
        )
        for name in sorted(FOR_PROXIES)
    ),
    *(
        Row(
            variable,
            "",
            "",
            host="@origin@",
            environ={variable: "@ca@", address: "https://@host@/simple/"},
            told=f"{variable} for @origin@",
        )
        for variable, address in (
            ("POETRY_CERTIFICATES_CORP_CERT", "POETRY_REPOSITORIES_CORP_URL"),
            ("POETRY_CERTIFICATES_MY_CORP_CERT", "POETRY_REPOSITORIES_MY_CORP_URL"),
        )
    ),
    *(
        Row(
            "GIT_CONFIG_COUNT",
            "",
            "",
            host=host,
            environ={"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": key, "GIT_CONFIG_VALUE_0": "@ca@"},
            told=f"http.sslCAInfo{scope} (GIT_CONFIG_VALUE_0)",
        )
        for key, host, scope in (
            ("http.sslCAInfo", None, ""),
            ("http.https://@host@.sslCAInfo", "@origin@", " for @origin@"),
        )
    ),
    *map(_of_jvm, dict.fromkeys((*variables.JVM, *java_keystore._OPTION_VARIABLES))),
)


# Places that hold the CA themselves


def _of_certs_d(place: str) -> Row:
    first, _, rest = place.partition("/")
    base = {"etc": "/etc", "xdg": "~/.config", "home": "~", "programdata": "/ProgramData"}[first]
    windows = first == "programdata"
    return Row(
        "certs.d",
        f"{base}/{rest}/@host@/ca.crt",
        "@pem@",
        ("certs.d/@host@/ca.crt",),
        host="@origin@",
        platform="win32" if windows else "linux",
        environ={"PROGRAMDATA": "@root@/ProgramData"} if windows else {},
        told="@above@ for @origin@",
    )


def _of_anchors(folder: anchor_folders.Folder) -> Row:
    name = next(name for name in ("corp.crt", "corp.p11-kit") if folder.accepted.fullmatch(name))
    content = "@p11-kit@" if name.endswith("kit") else "@pem@"
    told = f"the anchors for {folder.command.partition(' ')[0]}"
    place = f"{folder.path}/{name}"
    return Row("anchors", place, content, tier="provisioned", platform=folder.platform, told=told)


def _of_agent(agent: agents.Agent) -> Row:
    place = agent.path.replace("*", "corp")
    return Row("agent", place, "@pem@", tier="provisioned", told=agent.product)


def _of_java(template: str) -> Row:
    return Row("cacerts", template.replace("*", "corp"), "@jks@", told="Java's key store")


def _of_java_home(name: str) -> Row:
    place, environ = f"/srv/jdk/{name}", {"JAVA_HOME": "@root@/srv/jdk"}
    return Row("JAVA_HOME", place, "@jks@", environ=environ, told="the key store of JAVA_HOME")


OF_PLACES = (
    *map(_of_certs_d, certs_d.PLACES),
    *map(_of_anchors, anchor_folders.FOLDERS),
    *(_of_agent(agent) for agent in agents.AGENTS if agent.platform == "linux"),
    *map(_of_java, java_keystore._PLACES["linux"]),
    *(
        _of_java_home(f"{folder}/{name}")
        for folder in ("lib/security", "jre/lib/security")
        for name in ("cacerts", "jssecacerts")
    ),
)

ROWS = (*OF_TOOLS, *OF_PIP, *OF_VARIABLES, *OF_PLACES)


def _params(rows: Sequence[Row]) -> list[Any]:
    """An administrator's places take an administrator."""
    marks = {"provisioned": (needs_root,)}
    return [pytest.param(row, id=row.id, marks=marks.get(row.tier, ())) for row in rows]


every_row = pytest.mark.parametrize("row", _params(ROWS))


# The machine


@dataclass(frozen=True, slots=True)
class Found:
    """What a search came to."""

    candidates: tuple[Candidate, ...]
    reasons: str
    """Of all that was passed over, one a line."""

    @property
    def anchors(self) -> list[str]:
        return [candidate.anchor.sha256 for candidate in self.candidates]


@dataclass(frozen=True, slots=True)
class Scene:
    """A root, a home in it, a project with a folder in that, and a folder of the administrator's."""

    root: Path
    host: str = HOST
    """The server's, with its port if that is an odd one."""

    @property
    def home(self) -> Path:
        return self.root / "home" / "u"

    @property
    def project(self) -> Path:
        """A clone."""
        return self.home / "project"

    @property
    def inside(self) -> Path:
        return self.project / "src" / "app"

    @property
    def corp(self) -> Path:
        return self.root / "corp"

    def make(self) -> Scene:
        """Folders that nobody else can write, which pytest's own are not asked to be."""
        for folder in (self.root, *self.home.relative_to(self.root).parents):
            (self.root / folder).mkdir(mode=0o755, exist_ok=True)
        for folder in (self.home, self.project, self.inside.parent, self.inside, self.corp):
            folder.mkdir(mode=0o755)
        (self.project / ".git").mkdir()
        OTHER.write(self.corp / "other.pem")
        complaint = ownership.others_can_write(str(self.corp), foreign_owner_allowed=True)
        if complaint:
            pytest.skip(f"no folder here that is this user's alone: {complaint}")
        return self

    # Files

    def path(self, place: str) -> Path:
        place = self.text(place)
        return self.home / place[2:] if place.startswith("~/") else self.root / place.lstrip("/")

    def text(self, text: str) -> str:
        origin = self.host if ":" in self.host else f"{self.host}:443"
        text = text.replace("@host@", self.host).replace("@origin@", origin)
        return text.replace("@root@", str(self.root))

    def filled(self, text: str, folder: Path) -> bytes:
        """The text, with the CA in this folder, or in itself."""
        text = self.text(text)
        if "@jks@" in text:
            return key_store(ROOT.der)
        for mark, write in _FORMS.items():
            if mark in text:
                text = text.replace(mark, str(write(folder)))
        pem = ROOT.pem.decode()
        text = text.replace("@p11-kit@", f"[p11-kit-object-v1]\ntrusted: true\n\n{pem}")
        return text.replace("@pem@", pem).replace("@inline@", pem.replace("\n", "\\n")).encode()

    def set_up(self, row: Row, folder: Path | None = None) -> None:
        """As the user, or the administrator, has it; the CA's own file in this folder."""
        if row.place:
            put(self.path(row.place), self.filled(row.content, folder or self.corp))

    def plant(self, row: Row) -> Path:
        """As a project has it, under every name; the first of them."""
        said = row.content or "".join(f"{name}={value}\n" for name, value in row.environ.items())
        planted = [put(self.project / self.text(name), self.filled(said, self.corp)) for name in row.plants]
        return planted[0]

    # What is found

    def environ(self, row: Row, folder: Path | None = None) -> dict[str, str]:
        return {name: self.filled(text, folder or self.corp).decode() for name, text in row.environ.items()}

    def around(self, row: Row, folder: Path | None = None) -> Surroundings:
        """What pip goes by; the CA that the row's variables name is put into this folder."""
        words = [self.filled(word, folder or self.corp).decode() for word in row.words]
        return looked_at({"HOME": str(self.home), **self.environ(row, folder)}, *words)

    def search(self, row: Row, working: Path, folder: Path | None = None) -> Found:
        """What `discovery` and `seeking` do, on this machine, from this working folder."""
        listed, told = listed_here(self.around(row, folder), row.platform, self.root, working)
        readings = stock.read(listed, folder=str(working), home=str(self.home))
        search = anchors.among(readings, [CHAIN], now=NOW)
        reasons = [*told, *(item.reason for item in search.passed_over)]
        return Found(search.candidates, "\n".join(reasons))

    def name(self, row: Row) -> str:
        """What people are told of it."""
        path = self.path(row.place)
        return self.text(row.name).replace("@place@", str(path)).replace("@above@", str(path.parent.parent))


def listed_here(
    around: Surroundings, platform: str, root: Path, working: Path
) -> tuple[list[Source], list[str]]:
    """What `discovery.quick` lists of all that is named or lies somewhere, below another root."""
    environ, home = around.situation.environ, around.target.home
    told = tool_settings.sources(environ, home=home, platform=platform, root=str(root), folder=str(working))
    listed = [*around.named_ca_files(), *sources.in_environment(environ), *told.sources]
    listed += stores.cheap(environ, platform=platform, root=str(root)).sources
    nowhere = [reason for _, reason in sources.out_of_scope(environ)]
    return listed, [*nowhere, *(item.reason for item in told.passed_over)]


def put(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def _file(folder: Path) -> Path:
    return ROOT.write(folder / "ca.pem")


def _folder(folder: Path) -> Path:
    return put(folder / "certs" / "ca.pem", ROOT.pem).parent


def _key_store(folder: Path) -> Path:
    return put(folder / "ca.jks", key_store(ROOT.der))


_FORMS = {"@ca@": _file, "@certs@": _folder, "@store@": _key_store}


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    here = Scene(tmp_path / "root").make()
    monkeypatch.setenv("HOME", str(here.home))
    return here


# Found, and not used


@every_row
def test_of_a_project_it_is_not_used_and_where_it_belongs_it_is_found(scene: Scene, row: Row) -> None:
    planted = scene.plant(row)
    by_itself = row if row.place else Row(row.label, "", "")

    for working in (scene.project, scene.inside):
        assert scene.search(by_itself, working).candidates == ()

    if row.place:
        place = scene.path(row.place)
        place.parent.mkdir(parents=True, exist_ok=True)
        planted.rename(place)
    [candidate] = scene.search(row, scene.project).candidates
    source = candidate.source
    assert candidate.anchor.sha256 == ROOT.sha256
    assert (source.tier, source.name) == (row.tier, scene.name(row))
    assert source.host == (scene.text(row.host) if row.host else None)
    assert candidate.counts_for(INDEX)
    assert candidate.counts_for(ELSEWHERE) is (row.host is None)


@pytest.mark.parametrize("row", _params([row for row in ROWS if row.tier == "configured"]))
def test_a_ca_that_lies_in_the_project(scene: Scene, row: Row) -> None:
    """Whoever names it: what a project brings along is nobody's decision."""
    if row.holds_the_ca:
        planted = put(scene.project / "planted", scene.filled(row.content, scene.project))
        place = scene.path(row.place)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(planted)
    else:
        scene.set_up(row, scene.project)

    found = scene.search(row, scene.project, scene.project)

    assert found.candidates == ()
    assert IN_PROJECT in found.reasons


@every_row
def test_a_ca_that_everyone_can_write(scene: Scene, row: Row) -> None:
    scene.set_up(row)
    scene.around(row)
    files = [scene.path(row.place)] if row.holds_the_ca else list(scene.corp.rglob("ca.*"))
    assert files
    for file in files:
        file.chmod(0o666)

    found = scene.search(row, scene.project)

    assert found.candidates == ()
    assert LOOSE in found.reasons


# Where no server is known that it counts for

NO_PROXY_IS_SET = (
    *(Row(name, "", "", environ={name: "@ca@"}) for name in sorted(FOR_PROXIES)),
    *(replace(row, environ={}) for row in OF_TOOLS if row.environ == BY_PROXY),
)
_PLAIN = {"https_proxy": "http://proxy.example:3128", "no_proxy": "https://localhost"}
NO_URL = (
    Row("POETRY_CERTIFICATES_corp_CERT", "", "", environ={"POETRY_CERTIFICATES_corp_CERT": "@ca@"}),
    Row(POETRY, "~/.config/pypoetry/config.toml", '[certificates.corp]\ncert = "@ca@"\n'),
    Row("pypi.<name>.ca_certs", "~/.config/pdm/config.toml", '[pypi.corp]\nca_certs = "@ca@"\n'),
    Row("repository.<name>.ca_certs", "~/.config/pdm/config.toml", '[repository.corp]\nca_certs = "@ca@"\n'),
)
NOWHERE = (
    *((row, "counts for https:// proxies only, and none is set") for row in NO_PROXY_IS_SET),
    *(
        (replace(row, environ={**row.environ, **_PLAIN}), "counts for https:// proxies only, and none is set")
        for row in NO_PROXY_IS_SET
    ),
    *((row, "counts for the repository corp only, and nothing here says where that is") for row in NO_URL),
)


@pytest.mark.parametrize(("row", "reason"), NOWHERE, ids=lambda item: getattr(item, "id", ""))
def test_a_ca_for_no_known_server(scene: Scene, row: Row, reason: str) -> None:
    scene.set_up(row)

    found = scene.search(row, scene.project)

    assert found.candidates == ()
    assert reason in found.reasons.splitlines()


def test_a_ca_for_the_proxy_that_pip_is_given(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """On its command line, too."""
    monkeypatch.chdir(scene.project)
    row = replace(NO_PROXY_IS_SET[0], words=("--proxy", "https://user:secret@proxy.example:8443"))

    listed, _ = discovery.quick(scene.around(row), None, None)

    assert [item.host for item in listed if item.name.startswith(row.label)] == ["proxy.example:8443"]


# What has no place of its own


@dataclass(frozen=True, slots=True)
class Given:
    """A source that `discovery` is told of."""

    tier: str
    name: str
    counts_in_a_project: bool
    counts_when_loose: bool

    def listed(self, around: Surroundings, path: Path) -> list[Source]:
        situation = replace(around.situation, explicit_ca=((str(path), "--pipsafe-ca"),))
        match self.name:
            case "--pipsafe-ca":
                return list(discovery.quick(around._replace(situation=situation), None, None)[0])
            case "certifi":
                return list(discovery.quick(around, str(path), None)[0])
            case _:
                return list(discovery.quick(around, None, str(path))[0])


GIVEN = (
    Given("explicit", "--pipsafe-ca", counts_in_a_project=True, counts_when_loose=False),
    # Who can write that can write pipsafe.
    Given("public", "certifi", counts_in_a_project=True, counts_when_loose=True),
    Given("configured", discovery.EDITED, counts_in_a_project=False, counts_when_loose=False),
)
BARE = Row("nothing", "", "")


@pytest.mark.parametrize("given", GIVEN, ids=lambda given: given.name)
def test_what_is_given(scene: Scene, given: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(scene.project)
    around = scene.around(BARE)

    def found(path: Path) -> list[str]:
        listed = [item for item in given.listed(around, path) if item.path == str(path)]
        assert [(item.tier, item.name) for item in listed] == [(given.tier, given.name)]
        readings = discovery.read(around, listed)
        return [item.anchor.sha256 for item in anchors.among(readings, [CHAIN], now=NOW).candidates]

    path = ROOT.write(scene.corp / "given.pem")
    assert found(path) == [ROOT.sha256]
    assert bool(found(ROOT.write(scene.project / "given.pem"))) is given.counts_in_a_project
    path.chmod(0o666)
    assert bool(found(path)) is given.counts_when_loose


# All of them


def test_all_are_looked_for(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """By `discovery` itself: what lies below the home, or is named by a variable."""
    monkeypatch.chdir(scene.project)
    chosen: dict[str, Row] = {}
    for row in ROWS:
        if not row.place.startswith("/") and not row.words:
            chosen.setdefault(row.place or row.label, row)
    environ = {"HOME": str(scene.home)}
    for number, row in enumerate(chosen.values()):
        folder = scene.corp / str(number)  # each its own, since many names of one file are one source
        folder.mkdir()
        scene.set_up(row, folder)
        environ |= scene.environ(row, folder)
    around = looked_at(environ)

    listed, passed_over = discovery.quick(around, None, None)

    assert {scene.name(row) for row in chosen.values()} - {item.name for item in listed} == set()
    expected, _ = listed_here(around, around.target.platform, Path("/"), scene.project)
    assert set(expected) <= set(listed)
    assert passed_over == ()
    system = system_store.path()
    assert system is None or Source("system", system_store.NAME, system) in listed


def _may_be(tool: Tool, row: Row) -> bool:
    """Whether the row's file is one of the tool's."""
    named = folders.named({}, home="~", platform=row.platform, root="/")
    patterns = (path for place in tool.places for path in folders._expanded(place, named, {}))
    return any(fnmatch.fnmatchcase(row.place, pattern) for pattern in patterns)


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: f"{tool.name} {tool.places[0]}")
def test_every_setting_of_every_tool_has_a_row(tool: Tool) -> None:
    rows = [row for row in OF_TOOLS if _may_be(tool, row)]
    labels = {(row.label, row.host is not None) for row in rows}
    wanted = {(key.label, key.for_proxies or key.scope is not scopes.everywhere) for key in tool.keys}
    if tool.name == "VS Code":  # its keys are the variables, one as good as the other
        wanted &= {("NODE_EXTRA_CA_CERTS", False)}

    assert wanted
    assert wanted - labels == set()


def test_every_variable_has_a_row() -> None:
    named = {variable for row in OF_VARIABLES for variable in row.environ}

    assert {*VARIABLES, *variables.JVM, *java_keystore._OPTION_VARIABLES} - named == set()
    assert [name for name in named if sources.POETRY_VARIABLE.fullmatch(name)]


# With real pips


def _row(label: str, place: str) -> Row:
    return next(row for row in ROWS if (row.label, row.place) == (label, place))


REAL = (
    _row("http.sslCAInfo", "~/.gitconfig"),
    _row("cafile", "~/.npmrc"),
    _row("ca", "~/.npmrc"),
    _row("ssl_verify", "~/.condarc"),
    _row("cert [global]", "~/.config/pip/pip.conf"),
    _row("http.cainfo", "~/.cargo/config.toml"),
    _row("cacert", "~/.curlrc"),
    _row("certs.d", "~/.docker/certs.d/@host@/ca.crt"),
    _row("anchors", "/usr/local/share/ca-certificates/corp.crt"),
    _row(TRUST_STORE, "~/.gradle/gradle.properties"),
)


@pytest.fixture(scope="module")
def server() -> Iterator[IndexServer]:
    with IndexServer([wheel("speck")], ROOT.leaf()) as running:
        yield running


@dataclass(frozen=True, slots=True)
class Stage:
    """A scene in which a real pip runs, in the project."""

    scene: Scene
    row: Row
    server: IndexServer
    where: Target
    env: dict[str, str]
    prefix: tuple[str, ...]

    def install(self) -> Run:
        command = [
            "install",
            "--no-cache-dir",
            "--retries",
            "0",
            "--index-url",
            self.server.index_url,
            "speck",
        ]
        self.server.forget()
        return run_pipsafe(self.where, command, self.env, prefix=self.prefix, cwd=self.scene.project)


@pytest.fixture
def stage(tmp_path: Path, row: Row, server: IndexServer) -> Stage:
    scene = Scene(tmp_path / "root", f"localhost:{server.port}").make()
    prefix: tuple[str, ...] = ()
    if row.place.startswith("/"):
        folder = Path(row.place).parent
        if not folder.is_dir():
            pytest.skip(f"no {folder} here, and a mount needs one")
        scene.path(row.place).parent.mkdir(parents=True)
        (tmp_path / "store").mkdir()
        prefix = lab_store.system_store(tmp_path / "store", mounts={folder: scene.path(row.place).parent})
    # None: so that pip's user-wide configuration is read, below the home.
    moved = dict.fromkeys(("PIP_CONFIG_FILE", "XDG_CONFIG_HOME"))
    env = clean_environment(scene.home, **{**moved, **scene.environ(row)})
    return Stage(scene, row, server, patient("24.0", "speck"), env, prefix)


def _by_keytool(path: Path, folder: Path) -> None:
    """In place of ours, a key store that Java's own program makes."""
    if not shutil.which("keytool"):
        pytest.skip("no keytool here")
    path.unlink()
    given = ("-file", str(_file(folder)), "-alias", "corp", "-storetype", "JKS", "-storepass", "changeit")
    command = ("keytool", "-importcert", "-noprompt", "-keystore", str(path), *given)
    subprocess.run(command, check=True, capture_output=True, timeout=60)


@pytest.mark.e2e
@pytest.mark.parametrize("row", REAL, ids=lambda row: row.id)
def test_a_rescue_by_it(stage: Stage, row: Row) -> None:
    scene = stage.scene
    scene.set_up(row)
    if "@store@" in row.content:
        _by_keytool(scene.corp / "ca.jks", scene.corp)

    done = stage.install()

    source = assert_rescued(done, stage.where, stage.env, ROOT)["remedy"]["source"]
    assert source["tier"] == row.tier
    assert source["name"] == scene.name(row)
    assert row.holds_the_ca or source["path"].startswith(str(scene.corp))


@pytest.mark.e2e
@pytest.mark.parametrize("row", REAL, ids=lambda row: row.id)
def test_no_rescue_by_a_project(stage: Stage, row: Row) -> None:
    stage.scene.plant(row)

    done = stage.install()

    assert_refused(done, stage.where, stage.env, stage.server)
