"""A network in one process that tries to break the sequencers; every run follows from its seed."""
