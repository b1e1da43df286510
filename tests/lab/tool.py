"""The tools of the checkout, which is not on `sys.path`: pipsafe is tested as it is installed."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

FOLDER = Path(__file__).parents[2] / "tools"


def by_path(name: str) -> ModuleType:
    """The module of that name in `tools/`."""
    known = sys.modules.get(f"tools_{name}")
    if known is not None:
        return known
    spec = importlib.util.spec_from_file_location(f"tools_{name}", FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
