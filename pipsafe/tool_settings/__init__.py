"""CA files that other tools' own configuration names, on the user's or the system's level."""
