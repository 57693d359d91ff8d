"""Measurements: how fast each form is, beside the peers that are named."""
