"""How lines begin that pip, uv, Poetry and conda print whether or not anything fails.

They tell a log from a certificate, a README, or any other file that was named by mistake. From the recorded
logs, pip's sources (src/pip/_internal), uv's (crates/uv/src/commands), Poetry's (src/poetry/installation)
and conda's (conda/cli).
"""

import re

from pipsafe.statements.printed import Printed

PIP = (
    r"Looking in (?:indexes|links): |Collecting [\w.\[\],-]+(?:[<=>!~@;( ]|$)"
    r"|Obtaining (?:file|git|https?)[:+]|Processing \S+(?:\.whl|\.tar|\.zip|/)|Using cached \S+"
    r"|Downloading \S+(?:\.whl|\.tar|\.zip|\.metadata| \(\d)|Installing collected packages: "
    r"|Requirement already satisfied|Successfully (?:installed|downloaded|built|un)"
    r"|Defaulting to user|Using pip \d|Created temporary|Could not fetch URL|DEPRECATION: |\[notice\] "
    r"|WARNING: (?:Retrying|The |Skipping|Ignoring|You are|Running pip|There was|Discarding"
    r"|Requirement|Built|Failed|Disabling|Cache|This command)"
    r"|ERROR: |(?:WARNING: )?Retrying \(Retry\(|No matching distribution|You are using pip"
    r"|Could not (?:find a version|install packages|open requirements)"
    r"|Skipping \S+ as it is not installed|Cannot uninstall |pip \d+\.\d+\S* from |pip version: "
    r"|no such option: |Invalid requirement: |No broken req|Exception information:|HTTP error \d"
    r"|Command .{1,300} failed with error code|\S{1,200} is not a valid wheel|Available versions: "
    r"|Skipping loading configuration|global\.[\w-]+=|:env:\.[\w-]+=|File .{1,300}[/\\]pip[/\\]_"
    r"|Package +Version"
)
UV = (
    r"(?:Resolved|Prepared|Installed|Uninstalled|Audited|Checked) \d+ packages? in |Using C?Py\w+ \d"
    r"|DEBUG uv |No solution found"
    r"|(?:error|×)[: ]+(?:Failed to (?:fetch|build|download|prepare|resolve)|No solution)"
)
POETRY = (
    r"(?:Updating|Resolving|Installing) dependencies(?:\.\.\.| from lock file|$)|Package operations: "
    r"|Creating virtualenv |Writing lock file|All attempts to connect to "
)
CONDA = (
    r"Collecting package metadata|Solving environment|Preparing transaction|Retrieving notices|Channels:$"
    r"|Conda\w{1,20}Error|(?:critical|error|warning|info) +libmamba"
)
BESIDE = r"npm (?:ERR!|error|warn)|curl: \(|Process completed with exit code|fatal: "
"""What is told of beside them."""

OF_KIN = re.compile(f"{PIP}|{UV}|{POETRY}|{CONDA}|{BESIDE}")


def is_of_kin(page: Printed) -> bool:
    """Whether a line looks like one of theirs."""
    return any(OF_KIN.match(line.text) for line in page.lines)
