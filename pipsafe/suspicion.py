def looks_suspicious(chunk: bytes) -> bool:
    return b"SSL" in chunk or b"ertificate" in chunk
