"""The environment that the tests were started in, as it was before they cleaned their own."""

from __future__ import annotations

import os
from types import MappingProxyType

OUTSIDE = MappingProxyType(dict(os.environ))
"""What reaches the network of this machine: proxy, CA and pip settings included."""
