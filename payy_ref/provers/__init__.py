"""Provers: public randomness, and what is decided with it."""
