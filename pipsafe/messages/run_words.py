"""The sentences by which a run of pipsafe is told, and by which a saved log of it is read again."""

from pipsafe.language.text import text

# For translators: {words} are Python's own.
NOT_ASKED = text("{origin} was not even asked. Python says: {words}")
# For translators: {words} are those of whoever verified the certificate.
NOT_ACCEPTED = text("{origin} was not accepted. pip saw: {words}")
# For translators: {words} are those of a library, or of the system.
NOT_REACHED = text("{origin} was not reached over TLS. pip saw: {words}")

SUCCEEDED = text("pip succeeded with that. Verification stayed on.")
CURED = text(
    "TLS is cured for this run; pip failed for another reason: see above, or run it again with -vv, "
    "which shows what servers answer."
)
