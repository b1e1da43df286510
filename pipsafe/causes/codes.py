"""What verifiers' numbers mean, OpenSSL's and those of the systems that verify by themselves.

OpenSSL: X509_V_ERR_* of include/openssl/x509_vfy.h; numbers that moved between versions are left out.
Windows: the CERT_E_*, CRYPT_E_* and TRUST_E_* of winerror.h, which truststore passes on
(src/truststore/_windows.py). macOS: errSec* of Security/SecBase.h (src/truststore/_macos.py).
"""

EXPIRED = frozenset((10, 0x800B0101, -67818))
NOT_YET_VALID = frozenset((9, -67819))
# X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED, as OpenSSL alone has them.
DATES = frozenset((9, 10))
WRONG_NAME = frozenset((62, 64, 0x800B010F, -67602))
SELF_SIGNED_LEAF = 18
# CERT_E_UNTRUSTEDROOT and CERT_E_CHAINING; errSecNotTrusted and errSecCreateChainFailed.
UNKNOWN_ISSUER = frozenset((2, 18, 19, 20, 21, 0x800B0109, 0x800B010A, -67843, -25318))
# X509_V_ERR_CERT_SIGNATURE_FAILURE: the issuer that was found by name has another key.
NAMESAKE = 7
REVOKED = frozenset((23, 0x800B010C, 0x80092010, -67820))
# X509_V_ERR_CERT_REJECTED; TRUST_E_EXPLICIT_DISTRUST; errSecTrustSettingDeny.
REJECTED = frozenset((28, 0x800B0111, -67654))
# X509_V_ERR_CERT_UNTRUSTED: the store trusts that root for something else.
TRUSTED_FOR_OTHERS = 27
# X509_V_ERR_PERMITTED_VIOLATION and X509_V_ERR_EXCLUDED_VIOLATION.
OUT_OF_BOUNDS = frozenset((47, 48))
WEAK = frozenset((66, 67, 68))
# What X509_V_FLAG_X509_STRICT alone asks for (crypto/x509/x509_vfy.c, check_extensions).
STRICT = frozenset((41, *range(80, 95), 102, 103))

# The reasons that OpenSSL's libssl gives for keys and digests below its security level.
WEAK_REASONS = ("KEY_TOO_SMALL", "MD_TOO_WEAK", "EE_KEY_TOO_SMALL", "DH_KEY_TOO_SMALL", "BAD_SIGNATURE")
