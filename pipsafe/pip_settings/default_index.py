"""The index that pips ask by default, as the pip beside this program has it.

pip has it in src/pip/_internal/models/index.py. The kin of pip asks the same one. For offline use only: the
pip that a run drives is asked itself.
"""

import importlib


def url() -> str | None:
    """Its URL; None where this Python has no pip, or one that keeps it elsewhere."""
    try:
        return str(importlib.import_module("pip._internal.models.index").PyPI.simple_url)
    except Exception:  # noqa: BLE001 whatever that pip is, it is a source of one detail
        return None
