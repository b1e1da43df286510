"""Where pip's connections start from: requirements files, links, builds, and commands other than install."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.lab.authority import Authority
from tests.lab.index_server import Answer, IndexServer
from tests.lab.packages import BACKEND, Package, sdist, wheel
from tests.lab.run import clean_environment, run_pip, run_pipsafe
from tests.rescues import assert_refused, assert_rescued, leftovers, patient, report_of

pytestmark = pytest.mark.e2e

OLD, MIDDLE, NEW = "20.3.4", "23.2.1", "26.3"
SPECK = wheel("speck")


@pytest.fixture
def server(authority: Authority) -> Iterator[IndexServer]:
    with IndexServer([SPECK, sdist("grain"), BACKEND, wheel("pip", "99.0")], authority.leaf()) as running:
        link = f'<a href="{running.file_path(SPECK)}">{SPECK.filename}</a>'
        running.answers["/links/"] = Answer(200, link.encode(), {"Content-Type": "text/html"})
        listed = f"--index-url {running.index_url}\nspeck\n"
        running.answers["/lists/all.txt"] = Answer(200, listed.encode(), {"Content-Type": "text/plain"})
        yield running


@pytest.fixture
def cured(server: IndexServer, authority: Authority, tmp_path: Path) -> dict[str, str]:
    """An environment that has the CA where pip does not look."""
    return _environment(server, authority, tmp_path)


@pytest.fixture
def uncured(server: IndexServer, tmp_path: Path) -> dict[str, str]:
    """An environment that has another CA there."""
    return _environment(server, Authority("Example Stranger Root"), tmp_path)


def _environment(server: IndexServer, root: Authority, folder: Path) -> dict[str, str]:
    # Without an index of its own, pip, and so the probe, would go to the public one.
    settings = {"NODE_EXTRA_CA_CERTS": str(root.write(folder / "ca.pem")), "PIP_INDEX_URL": server.index_url}
    return clean_environment(folder / "home", **settings)


# --- where an install starts from -----------------------------------------------------------------------


def _requirements(server: IndexServer, folder: Path) -> list[str]:
    (folder / "nested.txt").write_text(f"--index-url {server.index_url}\nspeck\n", encoding="utf-8")
    (folder / "requirements.txt").write_text("-r nested.txt\n", encoding="utf-8")
    return ["-r", str(folder / "requirements.txt")]


def _constraints(server: IndexServer, folder: Path) -> list[str]:
    (folder / "constraints.txt").write_text("speck==1.0\n", encoding="utf-8")
    return ["-c", str(folder / "constraints.txt"), "--index-url", server.index_url, "speck"]


def _nested_constraints(server: IndexServer, folder: Path) -> list[str]:
    text = f"--extra-index-url {server.index_url}\nspeck==1.0\n"
    (folder / "nested.txt").write_text(text, encoding="utf-8")
    (folder / "constraints.txt").write_text("-c nested.txt\n", encoding="utf-8")
    (folder / "empty").mkdir()
    index = (folder / "empty").as_uri() + "/"
    return ["-c", str(folder / "constraints.txt"), "--index-url", index, "speck"]


def _list_on_the_network(server: IndexServer, _: Path) -> list[str]:
    return ["-r", server.url("/lists/all.txt")]


def _links(server: IndexServer, _: Path) -> list[str]:
    return ["--no-index", "--find-links", server.url("/links/"), "speck"]


def _links_in_a_file(server: IndexServer, folder: Path) -> list[str]:
    text = f"--no-index\n--find-links {server.url('/links/')}\nspeck\n"
    (folder / "requirements.txt").write_text(text, encoding="utf-8")
    return ["-r", str(folder / "requirements.txt")]


def _url(server: IndexServer, _: Path) -> list[str]:
    return [server.url(server.file_path(SPECK))]


def _named_url(server: IndexServer, _: Path) -> list[str]:
    return [f"speck @ {server.url(server.file_path(SPECK))}"]


def _url_in_a_file(server: IndexServer, folder: Path) -> list[str]:
    text = f"speck @ {server.url(server.file_path(SPECK))}\n"
    (folder / "requirements.txt").write_text(text, encoding="utf-8")
    return ["-r", str(folder / "requirements.txt")]


Start = Callable[[IndexServer, Path], list[str]]
STARTS: dict[str, Start] = {
    start.__name__[1:]: start
    for start in (
        _requirements,
        _constraints,
        _nested_constraints,
        _list_on_the_network,
        _links,
        _links_in_a_file,
        _url,
        _named_url,
        _url_in_a_file,
    )
}

SHOWN = {
    "requirements": "nested requirements files that name an index",
    "constraints": "index page and file, with constraints",
    "nested_constraints": "nested constraint files that name an extra index",
    "list_on_the_network": "a requirements file on the network",
    "links": "--find-links page",
    "links_in_a_file": "--find-links page that a requirements file names",
    "url": "a direct URL",
    "named_url": "a requirement with its URL",
    "url_in_a_file": "a requirement with its URL, in a file",
}


def _starts(addition: str = "") -> pytest.MarkDecorator:
    """Each start, and the row that it shows."""
    rows = [
        pytest.param(name, id=name, marks=pytest.mark.shows("legs", SHOWN[name] + addition))
        for name in STARTS
    ]
    return pytest.mark.parametrize("start", rows)


@_starts()
@pytest.mark.parametrize("pip", [OLD, MIDDLE, NEW])
def test_wherever_the_install_starts_from(
    pip: str, start: str, authority: Authority, server: IndexServer, cured: dict[str, str], tmp_path: Path
) -> None:
    where = patient(pip, "speck")
    arguments = STARTS[start](server, tmp_path)
    done = run_pipsafe(where, ["install", "--no-cache-dir", *arguments], cured)
    assert_rescued(done, where, cured, authority)


@_starts(": another CA is refused")
@pytest.mark.parametrize("pip", [OLD, NEW])
def test_nowhere_does_an_install_start_with_another_ca(
    pip: str, start: str, server: IndexServer, uncured: dict[str, str], tmp_path: Path
) -> None:
    where = patient(pip, "speck")
    arguments = STARTS[start](server, tmp_path)
    done = run_pipsafe(where, ["install", "--no-cache-dir", "--retries", "0", *arguments], uncured)
    assert_refused(done, where, uncured, server)


@pytest.mark.parametrize("name", ["/dev/stdin", "-"])
@pytest.mark.parametrize("pip", [OLD, NEW])
def test_a_list_on_stdin_is_there_for_the_retry_too(
    pip: str, name: str, authority: Authority, server: IndexServer, cured: dict[str, str]
) -> None:
    where = patient(pip, "speck")
    listed = f"--index-url {server.index_url}\nspeck\n".encode()
    command = ["install", "--no-cache-dir", "-r", name]
    done = run_pipsafe(where, command, cured, stdin=listed)
    if name == "-":  # which pip takes for a file of that name
        assert report_of(done)["outcome"] == "failed"
        assert done.exit_code == run_pip(where, command, cured, stdin=listed).exit_code
        return
    assert_rescued(done, where, cured, authority)


# --- other commands -------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["download", "wheel"])
@pytest.mark.parametrize("pip", [OLD, MIDDLE, NEW])
def test_files_are_fetched(
    pip: str, command: str, server: IndexServer, cured: dict[str, str], tmp_path: Path
) -> None:
    where = patient(pip)
    folder = tmp_path / "fetched"
    option = {"download": "--dest", "wheel": "--wheel-dir"}[command]
    arguments = ["--no-cache-dir", "--index-url", server.index_url, option, str(folder), "speck"]
    done = run_pipsafe(where, [command, *arguments], cured)
    assert (report_of(done)["outcome"], done.exit_code) == ("rescued", 0), done.text
    assert [path.name for path in folder.iterdir()] == [SPECK.filename]
    assert leftovers(cured) == []


@pytest.mark.parametrize("pip", [MIDDLE, NEW])
def test_versions_are_listed(pip: str, server: IndexServer, cured: dict[str, str]) -> None:
    where = patient(pip)
    done = run_pipsafe(where, ["index", "versions", "speck", "--index-url", server.index_url], cured)
    assert (report_of(done)["outcome"], done.exit_code) == ("rescued", 0), done.text
    assert b"Available versions: 1.0" in done.stdout


@pytest.mark.parametrize("pip", [OLD, MIDDLE, NEW])
def test_outdated_projects_are_listed_once(pip: str, server: IndexServer, cured: dict[str, str]) -> None:
    where = patient(pip)
    command = ["list", "--outdated", "--format", "json", "--index-url", server.index_url]
    done = run_pipsafe(where, command, cured)
    assert (report_of(done)["outcome"], done.exit_code) == ("rescued", 0), done.text
    assert [row["latest_version"] for row in json.loads(done.stdout) if row["name"] == "pip"] == ["99.0"]


@pytest.mark.parametrize("pip", [MIDDLE, NEW])
def test_a_report_of_pips_own_on_stdout_stays_whole(
    pip: str, server: IndexServer, cured: dict[str, str]
) -> None:
    where = patient(pip, "speck")
    command = ["install", "--dry-run", "--quiet", "--report", "-", "--index-url", server.index_url, "speck"]
    done = run_pipsafe(where, command, cured)
    assert (report_of(done)["outcome"], done.exit_code) == ("rescued", 0), done.text
    assert json.loads(done.stdout)["install"][0]["metadata"]["name"] == "speck"
    assert not where.installed("speck")


# --- isolated builds ------------------------------------------------------------------------------------


def _unpack(package: Package, folder: Path) -> Path:
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(package.data))) as archive:
        archive.extractall(folder, filter="data")
    return next(folder.iterdir())


@pytest.mark.shows("legs", "build dependencies of a folder")
@pytest.mark.parametrize("flags", [(), ("-q",), ("--isolated",)], ids=" ".join)
@pytest.mark.parametrize("pip", [OLD, MIDDLE, NEW])
def test_the_build_dependencies_of_a_folder(
    pip: str,
    flags: tuple[str, ...],
    authority: Authority,
    server: IndexServer,
    cured: dict[str, str],
    tmp_path: Path,
) -> None:
    where = patient(pip, "grain")
    source = _unpack(sdist("grain"), tmp_path / "source")
    quiet = ("--no-cache-dir", "--disable-pip-version-check")  # typed: `--isolated` reads no variables
    command = ["install", *quiet, *flags, "--index-url", server.index_url, str(source)]
    done = run_pipsafe(where, command, cured)
    report = assert_rescued(done, where, cured, authority, project="grain")
    assert [item["leg"] for item in report["failures"]] == ["build-dependency"]
    # Even under these pips, which try five times: the pip of the build was ended as well.
    assert report["attempts"][0]["stopped_early"]


@pytest.mark.shows("legs", "build dependencies of a source distribution")
@pytest.mark.parametrize("pip", [OLD, MIDDLE, NEW])
def test_the_build_dependencies_of_a_source_distribution(
    pip: str, authority: Authority, server: IndexServer, cured: dict[str, str]
) -> None:
    where = patient(pip, "grain")
    done = run_pipsafe(where, ["install", "--no-cache-dir", "--index-url", server.index_url, "grain"], cured)
    assert_rescued(done, where, cured, authority, project="grain")


@pytest.mark.shows("legs", "build dependencies: another CA is refused")
@pytest.mark.parametrize("pip", [OLD, MIDDLE, NEW])
def test_no_build_dependency_comes_under_another_ca(
    pip: str, server: IndexServer, uncured: dict[str, str], tmp_path: Path
) -> None:
    where = patient(pip, "grain")
    source = _unpack(sdist("grain"), tmp_path / "source")
    given = {**uncured, "PIP_RETRIES": "0"}
    done = run_pipsafe(
        where, ["install", "--no-cache-dir", "--index-url", server.index_url, str(source)], given
    )
    assert_refused(done, where, uncured, server, project="grain")


def test_what_a_build_prints_names_nobody_to_be_trusted(authority: Authority, tmp_path: Path) -> None:
    """A package may print anything: it leads to no probe of its own choosing, and to no other trust."""
    words = (
        "ERROR: Could not fetch URL {url}: There was a problem confirming the ssl certificate: "
        "HTTPSConnectionPool(host='localhost', port={port}): Max retries exceeded with url: /simple/x/ "
        "(Caused by SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate "
        "verify failed: unable to get local issuer certificate (_ssl.c:1006)')))"
    )
    env = clean_environment(tmp_path / "home", NODE_EXTRA_CA_CERTS=str(authority.write(tmp_path / "ca.pem")))
    with IndexServer([], authority.leaf()) as bystander, IndexServer([BACKEND]) as plain:
        said = words.format(url=bystander.index_url, port=bystander.port)
        plain.add(sdist("grain", says=[said], fails=True))
        where = patient(NEW, "grain")
        trusted = ["--trusted-host", "localhost"]
        done = run_pipsafe(
            where, ["install", "--no-cache-dir", "--index-url", plain.index_url, *trusted, "grain"], env
        )
        bystander.settle()
        assert bystander.connections == []
    report = report_of(done)
    assert (report["remedy"], len(report["attempts"])) == (None, 1), done.text
    assert done.exit_code == 1
