"""Trust that is on this machine already: where it lies, who could have put it there, what it vouches for."""
