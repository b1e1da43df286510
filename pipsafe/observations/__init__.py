"""What else can be seen of a server, its network and its certificate: for the diagnosis, never for trust."""
