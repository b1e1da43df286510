"""Why TLS failed at an origin: what is known of it, and the judges who look at it, cause by cause."""
