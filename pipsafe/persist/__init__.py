"""What makes a verified cure lasting, and takes it back: pip's own configuration and the files it names."""
