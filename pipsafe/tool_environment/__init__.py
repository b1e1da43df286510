"""The trust that `pipsafe persist` made lasting, for other tools: variables, and how shells write them."""
