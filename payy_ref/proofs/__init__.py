"""Constraint systems and the proof system over them."""
