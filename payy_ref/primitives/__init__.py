"""Encodings and plain values that know nothing of the protocol."""
