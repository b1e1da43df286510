"""Parts of the target's pip, as far as they can be imported. Needs no ssl."""

# Python 3.7 syntax, stdlib only.
import sys


class Location:
    """Where the target's pip lies."""

    path = ""


def import_from_pip(name):
    """A module of the target's pip. Its folder is on the path for that import only."""
    added = Location.path and Location.path not in sys.path
    if added:
        sys.path.insert(0, Location.path)
    try:
        return __import__(name, fromlist=["_"])
    finally:
        if added:
            sys.path.remove(Location.path)


def certifi_of_pip():
    for name in ("pip._vendor.certifi", "certifi"):
        try:
            return import_from_pip(name).where()
        except Exception:  # a debundled or damaged pip: there is nothing to say about it here
            continue
    return None


def truststore_of_pip():
    for name in ("pip._vendor.truststore", "truststore"):
        try:
            return import_from_pip(name)
        except Exception:
            continue
    return None


def default_index_of_pip():
    try:
        return import_from_pip("pip._internal.models.index").PyPI.simple_url
    except Exception:
        return None
