"""Which variable gives which tool the trust, and whether it adds to what the tool trusts or replaces. Data.

What replaces is given a file that holds what the tool trusts otherwise: the public roots or, for a tool that
goes by the system's store, that store's roots, too. Checked against the documentation or source of each:
requests (docs/user/advanced.rst), on which conda and poetry are built; curl (cmdline-opts/_ENVIRONMENT.md);
git (Documentation/config/http); OpenSSL (by_file.c), uv (docs/concepts/authentication/certificates.md); Node
(cli.md); npm (config definitions, cafile); cargo (reference/config.md); aws-cli (topics/config-vars); gcloud
(core/custom_ca_certs_file as CLOUDSDK_SECTION_PROPERTY); wget (manual, Startup File).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from pipsafe.language.text import text


class Given(Enum):
    """Which of the files a variable names."""

    OF_PIP = "public roots and the CAs that were needed"
    OF_SYSTEM = "the same and the roots of the system's store"
    WGETRC = "a wgetrc that names the first"


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable."""

    name: str
    tools: str
    """Who reads it; as a text where that is told (`assignment.TAKEN_AWAY`)."""
    adds: bool
    """Whether what it names is added to what the tool trusts; else it stands in place of that."""
    given: Given


VARIABLES = (
    Variable("REQUESTS_CA_BUNDLE", "requests, and so poetry and conda; pip", False, Given.OF_PIP),
    # For translators: names of programs, the subject of a sentence.
    Variable("SSL_CERT_FILE", text("OpenSSL, and so Python's urllib; uv"), False, Given.OF_SYSTEM),
    Variable("CURL_CA_BUNDLE", "curl", False, Given.OF_SYSTEM),
    Variable("GIT_SSL_CAINFO", "git", False, Given.OF_SYSTEM),
    Variable("CARGO_HTTP_CAINFO", "cargo", False, Given.OF_SYSTEM),
    Variable("NODE_EXTRA_CA_CERTS", "all that runs on Node", True, Given.OF_PIP),
    # A `cafile` in any npmrc makes npm leave out what Node adds.
    Variable("npm_config_cafile", "npm", False, Given.OF_SYSTEM),
    Variable("AWS_CA_BUNDLE", "aws", False, Given.OF_PIP),
    Variable("CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE", "gcloud", False, Given.OF_PIP),
    Variable("WGETRC", "wget, which adds what the wgetrc names", True, Given.WGETRC),
)
"""requests reads CURL_CA_BUNDLE only without the first; pip reads both so."""
