"""CA files in other tools' configuration: found where the user or the system has them, never in a project."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

import pipsafe
from pipsafe.tool_settings import certs_d, folders
from pipsafe.tool_settings.found import IN_WORKING_FOLDER, Found, sources
from pipsafe.tool_settings.npmrc import certificates
from pipsafe.tool_settings.tools import TOOLS
from pipsafe.trust import ownership, source_readers
from pipsafe.trust.sources import Source
from tests.certificates import make, name, pem
from tests.lab import user_mount
from tests.yardstick import slowness

CA = "/corp/ca.pem"
PROXY = "proxy.example:8443"


@dataclass(frozen=True, slots=True)
class Machine:
    """A root, a home in it, and a project in that."""

    root: Path
    home: Path
    project: Path

    def write(self, place: str, content: str | bytes) -> Path:
        """A file at "/etc/x", "~/x" or "./x"."""
        bases = {"/": self.root, "~": self.home, ".": self.project}
        path = bases[place[0]] / place[1:].lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def sources(
        self, environ: Mapping[str, str] | None = None, *, platform: str = "linux", folder: Path | None = None
    ) -> Found:
        return sources(
            {"HOME": str(self.home), "https_proxy": f"https://{PROXY}", **(environ or {})},
            home=str(self.home),
            platform=platform,
            root=str(self.root),
            folder=str(folder or self.project),
        )

    def found(self, environ: Mapping[str, str] | None = None) -> tuple[tuple[str, str | None, str], ...]:
        """Path, host and kind of each."""
        return tuple((item.path, item.host, item.kind) for item in self.sources(environ).sources)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Folders that nobody else can write, which pytest's own are not asked to be."""
    root = tmp_path / "root"
    home = root / "home" / "u"
    project = home / "project"
    project.mkdir(parents=True)
    for folder in (root, home.parent, home, project):
        folder.chmod(0o755)
    complaint = ownership.others_can_write(str(project), foreign_owner_allowed=True)
    if complaint:
        pytest.skip(f"no folder here that is this user's alone: {complaint}")
    return Machine(root, home, project)


@dataclass(frozen=True, slots=True)
class Row:
    """One tool's file, and the same in a project."""

    place: str
    content: str
    """With {home}; CA is the path that is to be found."""
    planted: str
    host: str | None = None
    kind: str = "file"
    path: str = CA


GIT = f"[http]\n\tsslCAInfo = {CA}\n"
OF_GIT = (
    *(
        Row(place, GIT, "./.git/config")
        for place in ("/etc/gitconfig", "~/.gitconfig", "~/.config/git/config")
    ),
    Row("/usr/local/etc/gitconfig", GIT, "./.gitconfig"),
    Row("~/.gitconfig", f'[http]\nsslCAPath = "{CA}"\n', "./.git/config"),
    Row("~/.gitconfig", f"[http]\nproxySSLCAInfo = {CA}\n", "./.git/config", PROXY),
    Row("~/.gitconfig", "[http]\nsslCAInfo = ~/ca.pem\n", "./.git/config", path="{home}/ca.pem"),
    Row(
        "~/.gitconfig",
        f'[http "https://git.example/x/"]\nsslCAInfo={CA}\n',
        "./.git/config",
        "git.example:443",
    ),
    Row(
        "~/.gitconfig",
        f'[http "https://u:secret@*.git.example:8443"]\nSSLCAINFO={CA}\n',
        "./.git/config",
        "*.git.example:8443",
    ),
)

OF_NODE = (
    *(
        Row(place, f"cafile={CA}\n", "./.npmrc")
        for place in (
            *("~/.npmrc", "/etc/npmrc", "/usr/etc/npmrc", "/usr/local/etc/npmrc", "~/.npm-global/etc/npmrc"),
            *("~/.config/pnpm/rc", "~/.config/pnpm/auth.ini"),
        )
    ),
    Row("~/.npmrc", 'cafile = "~/ca.pem"', "./.npmrc", path="{home}/ca.pem"),
    Row("~/.npmrc", "cafile=${HOME}/ca.pem", "./.npmrc", path="{home}/ca.pem"),
    Row("~/.npmrc", f"//npm.example/x/:cafile={CA}", "./.npmrc", "npm.example:443"),
    Row("~/.npmrc", f"//npm.example:4873/:cafile={CA}", "./.npmrc", "npm.example:4873"),
    Row("~/.npmrc", 'ca="-----BEGIN CERTIFICATE-----\\n"', "./.npmrc", kind="npmrc", path="{home}/.npmrc"),
    Row("~/.npmrc", 'ca[]="-----BEGIN CERTIFICATE-----\\n"', "./.npmrc", kind="npmrc", path="{home}/.npmrc"),
    Row("~/.config/pnpm/auth.ini", "cafile=ca.pem", "./.npmrc", path="{home}/.config/pnpm/ca.pem"),
    Row("~/.yarnrc", f'cafile "{CA}"\n', "./.yarnrc"),
    Row("~/.yarnrc", f"cafile {CA}\n", "./.yarnrc"),
    Row("/etc/yarnrc", f'--install.cafile "{CA}"\n', "./.yarnrc"),
    Row("~/.yarnrc.yml", f"httpsCaFilePath: {CA}\n", "./.yarnrc.yml"),
    Row("~/.yarnrc.yml", f'caFilePath: "{CA}"\n', "./.yarnrc.yml"),
    Row("~/.yarnrc.yml", "httpsCaFilePath: ./ca.pem\n", "./.yarnrc.yml", path="{home}/ca.pem"),
    Row("~/.yarnrc.yml", 'httpsCaFilePath: "${NOT_SET:-/corp}/ca.pem"\n', "./.yarnrc.yml"),
    Row(
        "~/.yarnrc.yml",
        f'networkSettings:\n  "*.npm.example":\n    httpsCaFilePath: {CA}\n',
        "./.yarnrc.yml",
        "*.npm.example",
    ),
)

OF_PYTHON = (
    *(
        Row(place, f"ssl_verify: {CA}\n", "./.condarc")
        for place in (
            *("/etc/conda/.condarc", "/etc/conda/condarc", "/etc/conda/condarc.d/a.yml"),
            *("/etc/conda/condarc.d/a.yaml", "/var/lib/conda/.condarc", "/opt/conda/.condarc", "~/.condarc"),
            *("~/.conda/.condarc", "~/.conda/condarc.d/a.yml", "~/.config/conda/.condarc", "~/.mambarc"),
            *("~/miniconda3/.condarc", "~/.config/mamba/mambarc", "~/.mamba/mambarc"),
        )
    ),
    Row("~/.condarc", "ssl_verify: $HOME/ca.pem  # corporate\n", "./.condarc", path="{home}/ca.pem"),
    Row("~/.condarc", f"channels:\n- a\nverify_ssl: '{CA}'\n", "./.condarc"),
    Row("~/.mambarc", f"cacert_path: {CA}\n", "./.mambarc"),
    Row(
        "~/.config/pypoetry/auth.toml",
        f'repositories.corp.url = "https://index.example"\ncertificates.corp.cert = "{CA}"\n',
        "./poetry.toml",
        "index.example:443",
    ),
    Row(
        "~/.config/pypoetry/config.toml",
        f'[repositories.corp]\nurl = "https://index.example/simple"\n[certificates.corp]\ncert = "{CA}"\n',
        "./poetry.toml",
        "index.example:443",
    ),
    Row("~/.config/pdm/config.toml", f'[pypi]\nca_certs = "{CA}"\n', "./pdm.toml"),
    Row("/etc/xdg/pdm/config.toml", f'[pypi]\nca_certs = "{CA}"\n', "./pdm.toml"),
    Row(
        "~/.config/pdm/config.toml",
        f'[pypi]\nurl = "https://index.example/simple"\nca_certs = "{CA}"\n',
        "./pdm.toml",
        "index.example:443",
    ),
    Row(
        "~/.config/pdm/config.toml",
        f'[repository.corp]\nurl = "https://index.example:8443"\nca_certs = "{CA}"\n',
        "./pdm.toml",
        "index.example:8443",
    ),
    Row(
        "~/.config/pdm/config.toml",
        f'[pypi.corp]\nurl = "https://index.example"\nca_certs = "{CA}"\n',
        "./pdm.toml",
        "index.example:443",
    ),
    Row("~/.aws/config", f"[default]\nca_bundle = {CA}\n", "./.aws/config"),
    Row("~/.aws/config", f"[profile corp]\nregion=x\nca_bundle={CA}\n", "./.aws/config"),
    *(
        Row(place, f"[core]\ncustom_ca_certs_file = {CA}\n", "./.config/gcloud/properties")
        for place in (
            *("~/.config/gcloud/properties", "~/.config/gcloud/configurations/config_default"),
            *("/usr/lib/google-cloud-sdk/properties", "~/google-cloud-sdk/properties"),
        )
    ),
)

OF_OTHERS = (
    Row("~/.cargo/config.toml", f'[http]\ncainfo = "{CA}"\n', "./.cargo/config.toml"),
    Row("~/.cargo/config", f'[http]\ncainfo = "{CA}"\n', "./.cargo/config"),
    Row("~/.cargo/config.toml", f"http.proxy-cainfo = '{CA}'\n", "./.cargo/config.toml", PROXY),
    Row("~/.cargo/config.toml", '[http]\ncainfo = "ca.pem"\n', "./.cargo/config.toml", path="{home}/ca.pem"),
    *(
        Row(place, f"cacert = {CA}\n", "./.curlrc")
        for place in ("~/.curlrc", "~/.config/curlrc", "~/.config/curlrc")
    ),
    Row("~/.curlrc", f'capath="{CA}"\n', "./.curlrc"),
    Row("~/.curlrc", f"--cacert {CA} # ours\n", "./.curlrc"),
    Row("~/.curlrc", f'proxy-cacert: "{CA}"\n', "./.curlrc", PROXY),
    Row("~/.curlrc", f"  --proxy-capath {CA}\n", "./.curlrc", PROXY),
    Row("~/.wgetrc", f"ca_certificate = {CA}\n", "./.wgetrc"),
    Row("/etc/wgetrc", f"CA-Directory={CA}\n", "./.wgetrc"),
    Row("~/.wgetrc", "ca_certificate = ~/ca.pem\n", "./.wgetrc", path="{home}/ca.pem"),
    Row("~/.bundle/config", f'---\nBUNDLE_SSL_CA_CERT: "{CA}"\n', "./.bundle/config"),
    Row("~/.gemrc", f"---\n:sources:\n- https://gems.example\n:ssl_ca_cert: {CA}\n", "./.gemrc"),
    Row("/etc/gemrc", f"ssl_ca_cert: {CA}\n", "./.gemrc"),
    Row("~/.config/gem/gemrc", f":ssl_ca_cert: {CA}\n", "./.gemrc"),
    Row("~/.composer/config.json", f'{{"config": {{"cafile": "{CA}"}}}}', "./composer.json"),
    Row(
        "~/.config/composer/config.json",
        '{"config": {"capath": "$HOME/certs"}}',
        "./composer.json",
        path="{home}/certs",
    ),
    Row("~/.hex/hex.config", f'{{cacerts_path,<<"{CA}">>}}.\n', "./hex.config"),
    Row("/etc/apt/apt.conf", f'Acquire::https::CaInfo "{CA}";\n', "./apt.conf"),
    Row("/etc/apt/apt.conf.d/99corp", f'Acquire {{ https {{ CAInfo "{CA}"; }}; }};\n', "./apt.conf"),
    Row("/etc/apt/apt.conf.d/99corp.conf", f'acquire::https::cainfo "{CA}";\n', "./apt.conf"),
    Row("/etc/apt/apt.conf", f'Acquire::https::deb.example::CaInfo "{CA}";\n', "./apt.conf", "deb.example"),
    Row("/etc/apt/apt.conf", f'Acquire::https::CAInfo::deb.example "{CA}";\n', "./apt.conf", "deb.example"),
    Row("/etc/dnf/dnf.conf", f"[main]\nsslcacert={CA}\n", "./dnf.conf"),
    Row("/etc/yum.conf", f"[main]\nsslcacert={CA}\n", "./yum.conf"),
    Row(
        "/etc/yum.repos.d/corp.repo",
        f"[corp]\nbaseurl=https://rpm.example/$releasever/\nsslcacert={CA}\n",
        "./corp.repo",
        "rpm.example:443",
    ),
    Row(
        "~/.gradle/gradle.properties",
        "systemProp.javax.net.ssl.trustStore=/corp/ca.jks\n",
        "./gradle.properties",
        kind="keystore",
        path="/corp/ca.jks",
    ),
    Row(
        "~/.gradle/gradle.properties",
        "org.gradle.jvmargs=-Xmx1g -Djavax.net.ssl.trustStore=/corp/ca.jks\n",
        "./gradle.properties",
        kind="keystore",
        path="/corp/ca.jks",
    ),
    *(
        Row(
            place,
            'MAVEN_OPTS="-Xmx1g -Djavax.net.ssl.trustStore=$HOME/ca.jks"\n',
            "./.mvn/jvm.config",
            kind="keystore",
            path="{home}/ca.jks",
        )
        for place in ("~/.mavenrc", "/etc/mavenrc")
    ),
    Row(
        "~/.config/Code/User/settings.json",
        '{\n// ours\n"terminal.integrated.env.linux": {"NODE_EXTRA_CA_CERTS": "${env:HOME}/ca.pem",},\n}',
        "./.vscode/settings.json",
        path="{home}/ca.pem",
    ),
    *(
        Row(
            f"{place}/{folder}/ca.crt",
            "",
            "./certs.d/a/ca.crt",
            host,
            path=f"{{root}}{place}/{folder}/ca.crt",
        )
        for place in ("/etc/docker/certs.d", "/etc/containers/certs.d")
        for folder, host in (
            ("docker.example", "docker.example:443"),
            ("docker.example:5000", "docker.example:5000"),
        )
    ),
    Row(
        "~/.docker/certs.d/docker.example/x.crt",
        "",
        "./.docker/certs.d/a/x.crt",
        "docker.example:443",
        path="{home}/.docker/certs.d/docker.example/x.crt",
    ),
    Row(
        "~/.config/docker/certs.d/[::1]:5000/x.crt",
        "",
        "./.docker/certs.d/a/x.crt",
        "[::1]:5000",
        path="{home}/.config/docker/certs.d/[::1]:5000/x.crt",
    ),
)

ROWS = (*OF_GIT, *OF_NODE, *OF_PYTHON, *OF_OTHERS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.place)
def test_each_place(machine: Machine, row: Row) -> None:
    machine.write(row.place, row.content)
    path = row.path.format(home=machine.home, root=machine.root)

    assert machine.found() == ((path, row.host, row.kind),)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.planted} as {row.place}")
def test_nothing_of_a_project(machine: Machine, row: Row) -> None:
    machine.write(row.planted, row.content)
    machine.write("./pyproject.toml", "[tool.poetry]\n[tool.uv]\n[tool.pdm]\n")

    assert machine.sources() == ((), ())


def test_every_key_has_a_row(tmp_path_factory: pytest.TempPathFactory) -> None:
    labels = set[str]()
    for row in ROWS:
        root = tmp_path_factory.mktemp("machine")
        machine = Machine(root, root / "home", root / "project")
        machine.write(row.place, row.content)
        labels.update(
            item.name.partition(" (")[0].partition(" for ")[0] for item in machine.sources().sources
        )
    known = {key.label for tool in TOOLS if tool.name != "VS Code" for key in tool.keys}

    assert known - labels == set()


# What people are told


def test_the_name_says_who_and_where(machine: Machine) -> None:
    path = machine.write("~/.gitconfig", f"[user]\n\tname = x\n{GIT}")

    assert machine.sources().sources == (Source("configured", f"http.sslCAInfo ({path}, line 4)", CA),)


def test_the_name_says_for_which_server_and_no_secret(machine: Machine) -> None:
    path = machine.write("~/.gitconfig", f'[http "https://u:secret@git.example/x"]\nsslCAInfo = {CA}\n')

    assert [item.name for item in machine.sources().sources] == [
        f"http.sslCAInfo for git.example:443 ({path}, line 2)"
    ]


# Variables that move configuration

MOVED = (
    ("GIT_CONFIG_GLOBAL", "", "gitconfig", GIT, "~/.gitconfig"),
    ("GIT_CONFIG_SYSTEM", "", "gitconfig", GIT, "/etc/gitconfig"),
    ("XDG_CONFIG_HOME", "git", "config", GIT, "~/.config/git/config"),
    ("NPM_CONFIG_USERCONFIG", "", "npmrc", f"cafile={CA}", "~/.npmrc"),
    ("npm_config_userconfig", "", "npmrc", f"cafile={CA}", "~/.npmrc"),
    ("NPM_CONFIG_GLOBALCONFIG", "", "npmrc", f"cafile={CA}", "/etc/npmrc"),
    ("NPM_CONFIG_PREFIX", "etc", "npmrc", f"cafile={CA}", "/etc/npmrc"),
    ("CARGO_HOME", ".", "config.toml", f'http.cainfo = "{CA}"', "~/.cargo/config.toml"),
    ("CURL_HOME", ".", ".curlrc", f"cacert={CA}", None),
    ("WGETRC", "", "wgetrc", f"ca_certificate={CA}", "~/.wgetrc"),
    ("AWS_CONFIG_FILE", "", "config", f"[default]\nca_bundle={CA}", "~/.aws/config"),
    (
        "CLOUDSDK_CONFIG",
        ".",
        "properties",
        f"[core]\ncustom_ca_certs_file={CA}",
        "~/.config/gcloud/properties",
    ),
    (
        "POETRY_CONFIG_DIR",
        ".",
        "auth.toml",
        f'repositories.x.url="https://index.example"\ncertificates.x.cert="{CA}"',
        "~/.config/pypoetry/auth.toml",
    ),
    ("PDM_CONFIG_FILE", "", "pdm.toml", f'pypi.ca_certs="{CA}"', "~/.config/pdm/config.toml"),
    ("BUNDLE_CONFIG", "", "config", f"BUNDLE_SSL_CA_CERT: {CA}", "~/.bundle/config"),
    ("BUNDLE_USER_CONFIG", "", "config", f"BUNDLE_SSL_CA_CERT: {CA}", "~/.bundle/config"),
    ("BUNDLE_USER_HOME", ".", "config", f"BUNDLE_SSL_CA_CERT: {CA}", "~/.bundle/config"),
    ("GEMRC", "", "gemrc", f":ssl_ca_cert: {CA}", None),
    ("COMPOSER_HOME", ".", "config.json", f'{{"config": {{"cafile": "{CA}"}}}}', "~/.composer/config.json"),
    ("HEX_HOME", ".", "hex.config", f'{{cacerts_path,<<"{CA}">>}}.', "~/.hex/hex.config"),
    (
        *("GRADLE_USER_HOME", ".", "gradle.properties", f"systemProp.javax.net.ssl.trustStore={CA}"),
        "~/.gradle/gradle.properties",
    ),
    ("CONDARC", "", "condarc", f"ssl_verify: {CA}", None),
    ("MAMBARC", "", "mambarc", f"ssl_verify: {CA}", None),
    ("CONDA_PREFIX", ".", ".condarc", f"ssl_verify: {CA}", None),
    ("CONDA_ROOT", "condarc.d", "x.yml", f"ssl_verify: {CA}", None),
    ("MAMBA_ROOT_PREFIX", ".", ".mambarc", f"ssl_verify: {CA}", None),
    ("APT_CONFIG", "", "apt.conf", f'Acquire::https::CaInfo "{CA}";', None),
)
"""Variable, what comes below the folder that it names ("" if it names the file), the place it replaces."""


@pytest.mark.parametrize(
    ("variable", "below", "name", "content", "usual"), MOVED, ids=[row[0] for row in MOVED]
)
def test_moved(
    machine: Machine, variable: str, below: str, name: str, content: str, usual: str | None
) -> None:
    elsewhere = machine.write(f"/srv/u/{below}/{name}", content)
    if usual is not None:
        machine.write(usual, content.replace(CA, "/usual.pem"))
    value = str(machine.root / "srv/u" if below else elsewhere)

    assert [path for path, _, _ in machine.found({variable: value})] == [CA]


@pytest.mark.parametrize(
    ("variable", "below", "name", "content", "usual"), MOVED, ids=[row[0] for row in MOVED]
)
def test_moved_into_the_project(
    machine: Machine, variable: str, below: str, name: str, content: str, usual: str | None
) -> None:
    planted = machine.write(f"./moved/{below}/{name}", content)
    value = str(machine.project / "moved" if below else planted)
    found = machine.sources({variable: value})

    assert found.sources == ()
    assert [item.reason for item in found.passed_over] == [IN_WORKING_FOLDER]
    assert found.passed_over[0].name in {tool.name for tool in TOOLS}
    assert usual is None or usual[0] in "~/"


def test_a_relative_place_is_the_projects(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.write("./x", GIT)
    monkeypatch.chdir(machine.project)
    found = machine.sources({"GIT_CONFIG_GLOBAL": "x"})

    assert found.sources == ()
    assert [item.reason for item in found.passed_over] == [IN_WORKING_FOLDER]


def test_condas_root_by_its_program(machine: Machine) -> None:
    machine.write("/srv/conda/.condarc", f"ssl_verify: {CA}")

    assert machine.found({"CONDA_EXE": str(machine.root / "srv/conda/bin/conda")}) == ((CA, None, "file"),)


@pytest.mark.parametrize(
    ("value", "is_read"), [("1", False), ("true", False), ("0", True), ("", True), ("false", True)]
)
def test_git_without_the_systems(machine: Machine, value: str, is_read: bool) -> None:  # noqa: FBT001
    machine.write("/etc/gitconfig", GIT)

    assert bool(machine.found({"GIT_CONFIG_NOSYSTEM": value})) is is_read


def test_git_with_an_empty_variable(machine: Machine) -> None:
    machine.write("~/.gitconfig", GIT)

    assert machine.found({"GIT_CONFIG_GLOBAL": ""}) == ()


def test_settings_in_gits_variables(machine: Machine) -> None:
    found = machine.sources(
        {
            "GIT_CONFIG_COUNT": "3",
            "GIT_CONFIG_KEY_0": "http.sslCAInfo",
            "GIT_CONFIG_VALUE_0": CA,
            "GIT_CONFIG_KEY_1": "http.https://git.example.sslCAPath",
            "GIT_CONFIG_VALUE_1": "/corp/a:/corp/b",
            "GIT_CONFIG_KEY_2": "http.sslVerify",
            "GIT_CONFIG_VALUE_2": "false",
        }
    )
    name = "http.sslCAPath for git.example:443 (GIT_CONFIG_VALUE_1)"

    assert found.sources == (
        Source("configured", "http.sslCAInfo (GIT_CONFIG_VALUE_0)", CA),
        Source("configured", name, "/corp/a", host="git.example:443"),
        Source("configured", name, "/corp/b", host="git.example:443"),
    )


@pytest.mark.parametrize("count", ["", "x", "-1", "999999999999", "²"])
def test_odd_counts(machine: Machine, count: str) -> None:
    assert machine.found({"GIT_CONFIG_COUNT": count}) == ()


@pytest.mark.parametrize("variable", ["JAVA_TOOL_OPTIONS", "MAVEN_OPTS", "GRADLE_OPTS", "JAVA_OPTS"])
@pytest.mark.parametrize("quote", ["", '"', "'"])
def test_javas_variables(machine: Machine, variable: str, quote: str) -> None:
    path = "/corp/my ca.jks" if quote else "/corp/ca.jks"
    value = f"-Xmx1g -Djavax.net.ssl.trustStore={quote}{path}{quote} -Djavax.net.ssl.trustStoreType=jks"
    name = f"javax.net.ssl.trustStore ({variable})"

    assert machine.sources({variable: value}).sources == (Source("configured", name, path, kind="keystore"),)


# Values that name no file, or one that depends on where the tool is called


@pytest.mark.parametrize(
    ("place", "content"),
    [
        *(
            ("~/.condarc", f"ssl_verify: {value}\n")
            for value in (
                "true",
                "false",
                "False",
                "truststore",
                "<system>",
                "<false>",
                "~/ca.pem",
                "ca.pem",
                "",
                "[]",
            )
        ),
        ("~/.condarc", "ssl_verify: |\n  /corp/ca.pem\n"),
        *(
            ("~/.gitconfig", f"[http]\nsslCAInfo = {value}\n")
            for value in ("", "ca.pem", "~u/ca.pem", "%(prefix)/ca")
        ),
        ("~/.gitconfig", "[http]\nsslCAInfo\n"),
        ("~/.gitconfig", "[http]\nsslCert = /corp/me.pem\nsslVerify = false\n"),
        ("~/.gitconfig", f'[http "http://git.example"]\nsslCAInfo = {CA}\n'),
        ("~/.gitconfig", f'[http "git.example"]\nsslCAInfo = {CA}\n'),
        *(
            ("~/.npmrc", f"cafile={value}")
            for value in ("null", "", "ca.pem", "${NOT_SET}/ca.pem", "/x/${NOT_SET}")
        ),
        ("~/.npmrc", f"[x]\ncafile={CA}"),
        ("~/.npmrc", f"certfile={CA}\nkeyfile={CA}\nstrict-ssl=false"),
        ("~/.npmrc", f"//npm.example/:certfile={CA}"),
        *(("~/.curlrc", f"cacert = {value}") for value in ("~/ca.pem", "$HOME/ca.pem", "ca.pem")),
        ("~/.curlrc", f"cert = {CA}\nkey = {CA}\ninsecure\n# cacert = {CA}"),
        ("~/.curlrc", f"--cacert={CA}"),
        ("~/.wgetrc", f'ca_certificate = "{CA}"'),
        ("~/.wgetrc", f"#ca_certificate = {CA}\ncertificate = {CA}\ncheck_certificate = off"),
        ("~/.aws/config", "[default]\nca_bundle = ca.pem\ns3 =\n  ca_bundle = /corp/ca.pem\n"),
        ("~/.cargo/config.toml", '[http]\ncainfo = ""\n[source.x.http]\ncainfo = "/corp/ca.pem"\n'),
        (
            "~/.config/pypoetry/config.toml",
            '[certificates.corp]\ncert = false\nclient-cert = "/corp/me.pem"\n',
        ),
        (
            "~/.config/pypoetry/config.toml",
            '[repositories.corp]\nurl = "http://index.example"\n[certificates.corp]\ncert = "/corp/ca.pem"\n',
        ),
        ("~/.config/uv/uv.toml", 'system-certs = true\nallow-insecure-host = ["/corp/ca.pem"]\n'),
        ("~/.yarnrc.yml", 'httpsCaFilePath: "${NOT_SET}/ca.pem"\nenableStrictSsl: false\n'),
        ("~/.yarnrc.yml", f"networkSettings:\n  'npm.{{a,b}}.example':\n    httpsCaFilePath: {CA}\n"),
        ("~/.composer/config.json", '{"config": {"cafile": "$NOT_SET/ca.pem", "disable-tls": true}}'),
        ("/etc/apt/apt.conf.d/99corp.bak", f'Acquire::https::CaInfo "{CA}";'),
        ("/etc/apt/apt.conf", f'Acquire::https::SslCert "{CA}"; Acquire::https::Verify-Peer "false";'),
        ("/etc/yum.repos.d/x.repo", f"[x]\nbaseurl=http://rpm.example\nsslcacert={CA}"),
        ("/etc/yum.repos.d/x.repo.rpmsave", f"[main]\nsslcacert={CA}"),
        ("~/.gradle/gradle.properties", "systemProp.javax.net.ssl.trustStore=NONE"),
        (
            "~/.config/Code/User/settings.json",
            f'{{"terminal.integrated.env.osx": {{"SSL_CERT_FILE": "{CA}"}}}}',
        ),
        ("~/.config/Code/User/settings.json", f'{{"terminal.integrated.env.linux": {{"EDITOR": "{CA}"}}}}'),
        ("/etc/docker/certs.d/docker.example/client.cert", "x"),
        ("/etc/docker/certs.d/docker.example/client.key", "x"),
        ("/etc/docker/certs.d/not a host/ca.crt", "x"),
        ("/etc/docker/certs.d/ca.crt", "x"),
    ],
)
def test_no_source(machine: Machine, place: str, content: str) -> None:
    machine.write(place, content)

    assert machine.sources() == ((), ())


def test_a_glob_for_every_host(machine: Machine) -> None:
    machine.write("~/.yarnrc.yml", f'networkSettings:\n  "*":\n    httpsCaFilePath: {CA}\n')

    assert machine.found() == ((CA, None, "file"),)


def test_folders_in_a_list(machine: Machine) -> None:
    machine.write("~/.curlrc", "capath = /corp/a:/corp/b\ncacert = /corp/a:b.pem\n")

    assert [path for path, _, _ in machine.found()] == ["/corp/a", "/corp/b", "/corp/a:b.pem"]


def test_one_host_of_poetry_from_the_other_file(machine: Machine) -> None:
    machine.write("~/.config/pypoetry/config.toml", '[repositories.corp]\nurl = "https://index.example"\n')
    machine.write("~/.config/pypoetry/auth.toml", f'[certificates.corp]\ncert = "{CA}"\n')

    assert machine.found() == ((CA, "index.example:443", "file"),)


# Files that others include


def test_git_includes(machine: Machine) -> None:
    machine.write("~/.gitconfig", "[include]\npath = git/more\npath = ~/most\npath = nowhere\n")
    machine.write("~/git/more", "[http]\nsslCAInfo = /more.pem\n[include]\npath = ../third\n")
    machine.write("~/most", "[http]\nsslCAInfo = /most.pem\n")
    machine.write("~/third", "[http]\nsslCAInfo = /third.pem\n")
    found = machine.sources()

    assert {item.path for item in found.sources} == {"/more.pem", "/most.pem", "/third.pem"}
    assert found.passed_over == ()


@pytest.mark.parametrize("condition", ["gitdir:~/", "onbranch:main", "hasconfig:remote.*.url:https://x"])
def test_git_includes_under_a_condition(machine: Machine, condition: str) -> None:
    machine.write("~/.gitconfig", f'[includeIf "{condition}"]\npath = more\n')
    machine.write("~/more", GIT)

    assert machine.found() == ()


def test_git_includes_from_the_project(machine: Machine) -> None:
    machine.write("~/.gitconfig", "[include]\npath = project/more\n")
    machine.write("./more", GIT)
    found = machine.sources()

    assert found.sources == ()
    assert [item.reason for item in found.passed_over] == [IN_WORKING_FOLDER]


def test_git_includes_itself(machine: Machine) -> None:
    machine.write("~/.gitconfig", f"[include]\npath = .gitconfig\npath = other\n{GIT}")
    machine.write("~/other", "[include]\npath = .gitconfig\npath = other\n")

    assert machine.found() == ((CA, None, "file"),)


def test_git_includes_itself_often(machine: Machine) -> None:
    """Each time anew, that would be three to the power of ten files."""
    machine.write("~/.gitconfig", "[include]\n" + "path = .gitconfig\n" * 3 + GIT)

    assert least_seconds(machine) < 0.1


def test_git_includes_without_end(machine: Machine) -> None:
    for number in range(30):
        content = f"[include]\npath = n{number + 1}\n[http]\nsslCAInfo = /{number}.pem\n"
        machine.write(f"~/n{number}", content)
    machine.write("~/.gitconfig", "[include]\npath = n0\n")

    assert len(machine.found()) == 10  # as git has it


def test_git_includes_many(machine: Machine) -> None:
    machine.write("~/.gitconfig", "[include]\n" + "".join(f"path = n{number}\n" for number in range(200)))
    for number in range(200):
        machine.write(f"~/n{number}", f"[http]\nsslCAInfo = /{number}.pem\n")

    assert len(machine.found()) < 60


def test_cargo_includes(machine: Machine) -> None:
    include = 'include = ["a.toml", {path = "b/c.toml", optional = true}]\n'
    machine.write("~/.cargo/config.toml", include)
    machine.write("~/.cargo/a.toml", f'[http]\ncainfo = "{CA}"\n')
    machine.write("~/.cargo/b/c.toml", '[http]\ncainfo = "ca.pem"\n')

    assert [path for path, _, _ in machine.found()] == [CA, str(machine.home / ".cargo/ca.pem")]


# Whose configuration it is


def test_a_home_that_is_the_working_folder(machine: Machine) -> None:
    machine.write("~/.gitconfig", GIT)

    assert len(machine.sources(folder=machine.home).sources) == 1
    assert len(machine.sources(folder=machine.root).sources) == 1


def test_a_working_folder_with_configuration(machine: Machine) -> None:
    path = machine.write("~/.config/git/config", GIT)
    found = machine.sources(folder=machine.home / ".config")

    assert found == ((), (("git", str(path), IN_WORKING_FOLDER),))


def test_a_link_into_the_project(machine: Machine) -> None:
    planted = machine.write("./npmrc", f"cafile={CA}")
    (machine.home / ".npmrc").symlink_to(planted)

    assert [item.reason for item in machine.sources().passed_over] == [IN_WORKING_FOLDER]


def test_a_link_to_nowhere(machine: Machine) -> None:
    (machine.home / ".npmrc").symlink_to("nowhere")

    assert machine.sources() == ((), ())


@pytest.mark.skipif(os.name == "nt", reason="modes are of POSIX")
@pytest.mark.parametrize("culprit", [".config/git/config", ".config/git", ".config"])
def test_what_others_can_write(machine: Machine, culprit: str) -> None:
    path = machine.write("~/.config/git/config", GIT)
    (machine.home / culprit).chmod(0o777)
    found = machine.sources()

    assert found.sources == ()
    assert [item[:2] for item in found.passed_over] == [("git", str(path))]
    assert found.passed_over[0].reason == f"is not read: {machine.home / culprit} can be written by everyone"


@pytest.mark.skipif(os.name == "nt", reason="no such files")
def test_a_pipe_does_not_block(machine: Machine) -> None:
    os.mkfifo(machine.home / ".npmrc")

    assert [item.reason for item in machine.sources().passed_over] == ["cannot be read (not a regular file)"]


def test_a_folder_is_no_file(machine: Machine) -> None:
    (machine.home / ".npmrc").mkdir()

    [item] = machine.sources().passed_over

    assert item.reason.startswith("cannot be read (")


def test_a_file_too_large(machine: Machine) -> None:
    machine.write("~/.npmrc", f"cafile={CA}\n" + "#" * (1 << 20))
    machine.write("~/.gitconfig", GIT)
    found = machine.sources()

    assert [item.path for item in found.sources] == [CA]
    assert [item.reason for item in found.passed_over] == ["cannot be read (larger than 1048576 bytes)"]


def test_all_files_too_large_together(machine: Machine) -> None:
    for number in range(12):
        machine.write(f"/etc/apt/apt.conf.d/{number:02}", "#" * (1 << 20))
    reasons = {item.reason for item in machine.sources().passed_over}

    assert reasons == {"is not read: the files before it hold more than 8 MiB"}


@pytest.mark.parametrize("encode", ["utf-8-sig", "utf-16", "utf-8"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_encodings(machine: Machine, encode: str, end: str) -> None:
    machine.write("~/.gitconfig", GIT.replace("\n", end).encode(encode))
    machine.write("~/.npmrc", f"cafile=/corp/ü.pem{end}".encode(encode))
    machine.write("~/.condarc", f"# x{end}ssl_verify: /corp/c.pem{end}".encode(encode))

    assert [path for path, _, _ in machine.found()] == [CA, "/corp/ü.pem", "/corp/c.pem"]


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_a_name_that_is_no_utf_8(machine: Machine) -> None:
    machine.write("~/.npmrc", b"cafile=/corp/\xff.pem\n")

    assert [path for path, _, _ in machine.found()] == [os.fsdecode(b"/corp/\xff.pem")]


def test_control_characters_are_no_path(machine: Machine) -> None:
    machine.write("~/.gitconfig", '[http]\nsslCAInfo = "/corp/\\n.pem"\nsslCAInfo = /corp/\x1b[31m.pem\n')

    assert machine.found() == ()


# Certificates in an .npmrc


ROOT, OTHER = make(), make(name("Other"))


def inline(der: bytes) -> str:
    return pem(der).decode().replace("\n", "\\n")


@pytest.mark.parametrize("sign", ["ca", "ca[]"])
def test_certificates_in_an_npmrc(machine: Machine, sign: str) -> None:
    path = machine.write(
        "~/.npmrc", f'registry=x\n{sign}="{inline(ROOT)}"\n//npm.example/:ca="{inline(OTHER)}"\n_auth=x\n'
    )
    [source] = machine.sources().sources

    assert source == Source("configured", f"ca ({path}, line 2)", str(path), kind="npmrc")
    assert certificates(source.path, None).certificates == (ROOT,)


def test_several_certificates_in_an_npmrc(machine: Machine) -> None:
    path = machine.write("~/.npmrc", f"ca[] = {inline(ROOT)}\nca[] = '{inline(OTHER)}'\n")

    assert certificates(str(path), None).certificates == (ROOT, OTHER)
    assert len(machine.sources().sources) == 2


def test_it_is_read_by_its_kind(machine: Machine) -> None:
    machine.write("~/.npmrc", f'ca="{inline(ROOT)}"')
    [source] = machine.sources().sources

    assert source_readers.read(source, None).certificates == (ROOT,)


def test_an_npmrc_that_is_refused(machine: Machine) -> None:
    path = machine.write("~/.npmrc", f'ca="{inline(ROOT)}"')
    read = certificates(str(path), lambda _: "it belongs to somebody")

    assert (read.certificates, read.problems) == ((), ("is not used: it belongs to somebody",))


@pytest.mark.parametrize(
    ("content", "problem"),
    [(None, "does not exist"), ("ca=null", "holds no certificate"), ("", "is empty")],
)
def test_an_npmrc_without_certificates(machine: Machine, content: str | None, problem: str) -> None:
    if content is not None:
        machine.write("~/.npmrc", content)
    read = certificates(str(machine.home / ".npmrc"), None)

    assert (read.certificates, read.problems) == ((), (problem,))


# Docker's folders


def test_dockers_folders_are_bounded(machine: Machine) -> None:
    for number in range(300):
        machine.write(f"/etc/docker/certs.d/d{number}.example/ca.crt", "")

    assert 0 < len(machine.found()) <= 100
    assert certs_d.PLACES


# Other platforms: where things are


def files(environ: dict[str, str], platform: str, home: str) -> set[str]:
    named = folders.named(environ, home=home, platform=platform, root="/")
    places = [place for tool in TOOLS for place in tool.places if "*" not in place]
    return {path.replace("\\", "/") for place in places for path in folders.files(place, named, environ)}


def test_places_on_macos() -> None:
    assert files({}, "darwin", "/Users/u") >= {
        *("/etc/gitconfig", "/opt/homebrew/etc/gitconfig", "/Users/u/.gitconfig", "/Users/u/.npmrc"),
        "/Library/Developer/CommandLineTools/usr/share/git-core/gitconfig",
        "/Users/u/Library/Preferences/pnpm/auth.ini",
        "/Users/u/Library/Application Support/pypoetry/auth.toml",
        "/Users/u/Library/Application Support/pdm/config.toml",
        "/Library/Application Support/pdm/config.toml",
        "/Users/u/Library/Application Support/Code/User/settings.json",
        *("/Users/u/.condarc", "/opt/homebrew/etc/npmrc"),
    }


def test_places_on_windows() -> None:
    environ = {"APPDATA": "C:/Users/u/R", "LOCALAPPDATA": "C:/Users/u/L", "PROGRAMDATA": "D:/Data"}

    found = files(environ, "win32", "C:/Users/u")

    assert found >= {
        *("C:/Program Files/Git/etc/gitconfig", "D:/Data/Git/config", "C:/Users/u/.gitconfig"),
        *("C:/Users/u/.npmrc", "C:/Users/u/R/npm/etc/npmrc", "C:/Users/u/L/pnpm/config/auth.ini"),
        *(
            "C:/Users/u/R/pypoetry/auth.toml",
            "C:/Users/u/L/pdm/pdm/config.toml",
            "C:/Users/u/.cargo/config.toml",
        ),
        *("C:/Users/u/R/_curlrc", "C:/Users/u/R/gcloud/properties", "C:/Users/u/R/Composer/config.json"),
        *("D:/Data/conda/.condarc", "C:/Users/u/R/Code/User/settings.json", "C:/Users/u/.aws/config"),
    }
    assert not [path for path in found if path.startswith("/")]


def test_places_on_windows_without_variables() -> None:
    assert "C:/Users/u/AppData/Roaming/pypoetry/auth.toml" in files({}, "win32", "C:/Users/u")


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32", "freebsd14"])
def test_every_platform_answers(machine: Machine, platform: str) -> None:
    machine.write("~/.gitconfig", GIT)

    assert [item.path for item in machine.sources(platform=platform).sources] in ([CA], [])


# What it costs


def least_seconds(machine: Machine) -> float:
    """Of processor time, on a machine as quick as the yardstick's."""
    best = 9.0
    for _ in range(7):
        begun = time.process_time()
        machine.sources()
        best = min(best, (time.process_time() - begun) / slowness())
    return best


def test_cost_where_nothing_is_there(machine: Machine) -> None:
    # Measured: 0.007. Processors that others use as well take up to thrice that.
    assert least_seconds(machine) < 0.03


def test_cost_where_all_is_there(machine: Machine) -> None:
    for row in ROWS:
        machine.write(row.place, row.content)

    assert len(machine.sources().sources) > 50
    assert least_seconds(machine) < 0.1


# A drive whose server is gone

DEAD = {
    "npm's file": "environ['NPM_CONFIG_USERCONFIG'] = drive + '/npmrc'",
    "a link to conda's": "os.symlink(drive + '/condarc', home + '/.condarc')",
    "docker's folder": "os.makedirs(home + '/.docker'); os.symlink(drive, home + '/.docker/certs.d')",
    "an included file": "open(home + '/.gitconfig', 'w').write(f'[include]\\npath = {drive}/more\\n')",
    "Java's home": "environ['JAVA_HOME'] = drive",
}
LOOK = """
import os, sys, time
package, home, drive, setting = sys.argv[1:]
sys.path.insert(0, package)
from pipsafe.stores import found as stores
from pipsafe.tool_settings import found as tool_settings
os.umask(0o022)
environ = {}
exec(setting)
began = time.monotonic()
told = tool_settings.sources(environ, home=home, platform="linux", folder="/nowhere")
cheap = stores.cheap(environ, platform="linux")
stores.denied(platform="linux")
took = time.monotonic() - began
assert any(source.path == "/corp/ca.pem" for source in told.sources), told
late = [item.path for item in told.passed_over if item.reason == "did not answer in time"]
print(took, len(late) + len(cheap.unanswered))
"""


@pytest.mark.parametrize("dead", DEAD)
def test_a_drive_whose_server_is_gone(machine: Machine, dead: str) -> None:
    """The others are heard, the process comes back, and ends."""
    drive = machine.root / "drive"
    drive.mkdir()
    machine.write("~/.wgetrc", f"ca_certificate = {CA}\n")
    prefix = user_mount.prefix(drive, uid=0, contents=None)
    package = str(Path(pipsafe.__file__).parents[1])
    words = (package, str(machine.home), str(drive), DEAD[dead])

    done = subprocess.run(
        [*prefix, sys.executable, "-c", LOOK, *words], check=False, capture_output=True, text=True, timeout=20
    )

    assert not done.returncode, done.stderr
    took, late = done.stdout.split()
    assert float(took) < 4
    assert late == "1"
