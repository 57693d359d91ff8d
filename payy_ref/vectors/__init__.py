"""Conformance vectors: how they are written, stored, checked and compared."""
