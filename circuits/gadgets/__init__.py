"""Pieces that circuits are made of; each has a page beside it."""
