"""Which tools name a CA in their own configuration, in which files, and under which keys. Data only.

Sources, beside those of `expansion`, `scopes` and the readers: git (config.c, Documentation/git-config.adoc
FILES), npm/cli (config/lib), pnpm/pnpm (config/reader), yarnpkg/yarn (src/util/rc.js), yarnpkg/berry
(Configuration.ts), conda/conda (base/constants.py SEARCH_PATH), mamba-org/mamba (api/configuration.cpp
compute_default_rc_sources), python-poetry/poetry (locations.py), pdm-project/pdm (project/config.py),
rust-lang/cargo (reference/config.md), curl (src/tool_findfile.c), aws-cli (topics/config-vars), gcloud
(core/config.py), rubygems/rubygems (config_file.rb, bundler/settings.rb), composer/composer (Factory.php),
hexpm/hex (config.ex), apt.conf(5), dnf.conf(5), Gradle (build environment), Maven's mvn script, VS Code
(settings).

uv and pixi have flags for the system's store and lists of hosts that are not verified, and no path; pip's own
configuration is read elsewhere.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pipsafe.language.text import text
from pipsafe.tool_settings import (
    apt_conf,
    expansion,
    git_config,
    ini_file,
    json_text,
    npmrc,
    one_line,
    scopes,
    toml_lines,
    yaml_lines,
)
from pipsafe.tool_settings.entry import Entry
from pipsafe.trust.sources import FILES, FOR_PROXIES, VARIABLES

ANY = "*"
"""In a key, for any one part."""

BESIDE, ABOVE = "beside", "above"


@dataclass(frozen=True, slots=True)
class Key:
    """A setting that names a CA file or folder."""

    path: tuple[str, ...]
    label: str
    """As people know it."""
    scope: scopes.Scope = scopes.everywhere
    kind: str = "file"
    """Of the source: a name in `source_readers.READERS`."""
    folders: bool = False
    """Whether it is a list of folders, as OpenSSL takes one."""
    platform: str | None = None
    """The one that it counts on."""
    for_proxies: bool = False
    """Whether it counts on the way to a https:// proxy, and nowhere else."""


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool's configuration, or what several tools share."""

    name: str
    read: Callable[[str], Iterator[Entry]]
    places: tuple[str, ...]
    """As `folders.files` takes them."""
    keys: tuple[Key, ...]
    expand: expansion.Rule = expansion.as_it_stands
    relative: str | None = None
    """What a relative path begins at: the folder of the file, or the one above, or None: not used."""
    includes: tuple[tuple[str, ...], ...] = ()
    """Keys that name further files."""


def _conda(*folders: str) -> tuple[str, ...]:
    names = (".condarc", "condarc", "condarc.d/*.yml", "condarc.d/*.yaml")
    return tuple(f"{folder}/{name}" for folder in folders for name in names)


_EDITORS = ("Code", "Code - Insiders", "VSCodium", "Cursor")
_EDITOR_SYSTEMS = (("linux", "linux"), ("osx", "darwin"), ("windows", "win32"))

_NPM_KEYS = (
    Key(("cafile",), "cafile"),
    Key((ANY, "cafile"), "cafile", scopes.url),
    Key(("ca",), "ca", kind=npmrc.KIND),
)

GIT = Tool(
    "git",
    git_config.read,
    ("git_system", "git_global"),
    (
        Key(("http", "sslcainfo"), "http.sslCAInfo"),
        Key(("http", "sslcapath"), "http.sslCAPath", folders=True),
        Key(("http", "proxysslcainfo"), "http.proxySSLCAInfo", for_proxies=True),
        Key(("http", ANY, "sslcainfo"), "http.sslCAInfo", scopes.url),
        Key(("http", ANY, "sslcapath"), "http.sslCAPath", scopes.url, folders=True),
    ),
    expand=expansion.tilde,
    includes=(("include", "path"),),
)

TOOLS: tuple[Tool, ...] = (
    GIT,
    Tool("npm", npmrc.read, ("npm_user", "npm_global"), _NPM_KEYS, expand=expansion.npm),
    Tool(
        "pnpm",
        npmrc.read,
        ("xdg/pnpm/rc", "preferences/pnpm/rc", "localappdata/pnpm/config/rc"),
        _NPM_KEYS,
        expand=expansion.npm,
    ),
    Tool(
        "pnpm",
        npmrc.read,
        ("xdg/pnpm/auth.ini", "preferences/pnpm/auth.ini", "localappdata/pnpm/config/auth.ini"),
        _NPM_KEYS,
        expand=expansion.pnpm,
        relative=BESIDE,
    ),
    Tool(
        "yarn 1",
        one_line.yarn,
        (
            *("etc/yarn/config", "etc/yarnrc", "prefix/etc/yarnrc", "home/.config/yarn/config"),
            *("home/.yarn/config", "home/.yarnrc"),
        ),
        (Key(("cafile",), "cafile"),),
    ),
    Tool(
        "yarn",
        yaml_lines.read,
        ("home/.yarnrc.yml",),
        tuple(
            key
            for name in ("httpsCaFilePath", "caFilePath")
            for key in (Key((name,), name), Key(("networkSettings", ANY, name), name, scopes.glob))
        ),
        expand=expansion.berry,
        relative=BESIDE,
    ),
    Tool(
        "conda",
        yaml_lines.read,
        (
            *_conda(
                "etc/conda", "var/lib/conda", "programdata/conda", "conda", "xdg/conda", "home/.config/conda"
            ),
            *_conda("home/.conda"),
            *("home/.condarc", "CONDARC", "etc/conda/.mambarc", "conda/.mambarc", "xdg/mamba/.mambarc"),
            *("xdg/mamba/mambarc", "home/.mamba/.mambarc", "home/.mamba/mambarc", "home/.mambarc", "MAMBARC"),
        ),
        (
            Key(("ssl_verify",), "ssl_verify"),
            Key(("verify_ssl",), "verify_ssl"),
            Key(("cacert_path",), "cacert_path"),
        ),
        expand=expansion.variables,
    ),
    Tool(
        "poetry",
        toml_lines.read,
        ("poetry/config.toml", "poetry/auth.toml"),
        (Key(("certificates", ANY, "cert"), "certificates.<name>.cert", scopes.repository),),
    ),
    Tool(
        "pdm",
        toml_lines.read,
        (
            "etc/xdg/pdm/config.toml",
            "library/Application Support/pdm/config.toml",
            "programdata/pdm/pdm/config.toml",
            "pdm",
        ),
        (
            Key(("pypi", "ca_certs"), "pypi.ca_certs", scopes.default),
            Key(("pypi", ANY, "ca_certs"), "pypi.<name>.ca_certs", scopes.beside),
            Key(("repository", ANY, "ca_certs"), "repository.<name>.ca_certs", scopes.beside),
        ),
    ),
    Tool(
        "cargo",
        toml_lines.read,
        ("cargo/config", "cargo/config.toml"),
        (
            Key(("http", "cainfo"), "http.cainfo"),
            Key(("http", "proxy-cainfo"), "http.proxy-cainfo", for_proxies=True),
        ),
        relative=ABOVE,
        includes=(("include", toml_lines.ITEM), ("include", toml_lines.ITEM, "path")),
    ),
    Tool(
        "curl",
        one_line.curl,
        (
            *(
                "CURL_HOME/.curlrc",
                "CURL_HOME/.config/curlrc",
                "xdg/curlrc",
                "home/.curlrc",
                "home/.config/curlrc",
            ),
            *("home/_curlrc", "appdata/.curlrc", "appdata/_curlrc"),
        ),
        (
            Key(("cacert",), "cacert"),
            Key(("capath",), "capath", folders=True),
            Key(("proxy-cacert",), "proxy-cacert", for_proxies=True),
            Key(("proxy-capath",), "proxy-capath", folders=True, for_proxies=True),
        ),
    ),
    Tool(
        "wget",
        one_line.wget,
        ("etc/wgetrc", "prefix/etc/wgetrc", "SYSTEM_WGETRC", "wgetrc"),
        (Key(("cacertificate",), "ca_certificate"), Key(("cadirectory",), "ca_directory")),
        expand=expansion.tilde,
    ),
    Tool(text("AWS tools"), ini_file.read, ("aws",), (Key((ANY, "ca_bundle"), "ca_bundle"),)),
    Tool(
        "gcloud",
        ini_file.read,
        (
            *("prefix/lib/google-cloud-sdk/properties", "home/google-cloud-sdk/properties"),
            *("gcloud/properties", "gcloud/configurations/config_*"),
        ),
        (Key(("core", "custom_ca_certs_file"), "core/custom_ca_certs_file"),),
    ),
    Tool("Bundler", yaml_lines.read, ("bundler",), (Key(("BUNDLE_SSL_CA_CERT",), "BUNDLE_SSL_CA_CERT"),)),
    Tool(
        "RubyGems",
        yaml_lines.read,
        ("etc/gemrc", "prefix/etc/gemrc", "programdata/gemrc", "home/.gemrc", "xdg/gem/gemrc", "gemrc"),
        (Key((":ssl_ca_cert",), ":ssl_ca_cert"), Key(("ssl_ca_cert",), "ssl_ca_cert")),
    ),
    Tool(
        "Composer",
        json_text.read,
        ("composer/config.json",),
        (Key(("config", "cafile"), "config.cafile"), Key(("config", "capath"), "config.capath")),
        expand=expansion.composer,
    ),
    Tool("Hex", one_line.hex_terms, ("hex/hex.config",), (Key(("cacerts_path",), "cacerts_path"),)),
    Tool(
        "apt",
        apt_conf.read,
        ("etc/apt/apt.conf.d/*", "etc/apt/apt.conf.d/*.conf", "etc/apt/apt.conf", "APT_CONFIG"),
        (
            Key(("acquire", "https", "cainfo"), "Acquire::https::CaInfo"),
            Key(("acquire", "https", ANY, "cainfo"), "Acquire::https::CaInfo", scopes.host),
            Key(("acquire", "https", "cainfo", ANY), "Acquire::https::CaInfo", scopes.host),
        ),
    ),
    Tool(
        "dnf",
        ini_file.read,
        ("etc/dnf/dnf.conf", "etc/yum.conf", "etc/yum/yum.conf", "etc/yum.repos.d/*.repo"),
        (Key(("main", "sslcacert"), "sslcacert"), Key((ANY, "sslcacert"), "sslcacert", scopes.section)),
    ),
    Tool(
        "Gradle",
        one_line.properties,
        ("gradle/gradle.properties",),
        (
            Key((f"systemProp.{one_line.TRUST_STORE}",), one_line.TRUST_STORE, kind="keystore"),
            Key((one_line.TRUST_STORE,), one_line.TRUST_STORE, kind="keystore"),
        ),
    ),
    Tool(
        "Maven",
        one_line.jvm_options,
        ("etc/mavenrc", "prefix/etc/mavenrc", "home/.mavenrc"),
        (Key((one_line.TRUST_STORE,), one_line.TRUST_STORE, kind="keystore"),),
        expand=expansion.variables,
    ),
    Tool(
        "VS Code",
        json_text.read,
        tuple(
            f"{base}/{name}/User/settings.json" for base in ("xdg", "support", "appdata") for name in _EDITORS
        ),
        tuple(
            Key(
                (f"terminal.integrated.env.{system}", variable),
                variable,
                platform=platform,
                for_proxies=variable in FOR_PROXIES,
            )
            for system, platform in _EDITOR_SYSTEMS
            for variable, (_, kind) in VARIABLES.items()
            if kind is FILES
        ),
        expand=expansion.editor,
    ),
)
