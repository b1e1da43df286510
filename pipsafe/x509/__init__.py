"""Certificates and files of certificates, as bytes and values: RFC 5280, RFC 7468, PKCS #7. Pure."""
