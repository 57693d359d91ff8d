"""
How far each property is believed, and why: engines, witnesses, and the proof ledger.

Nothing in the package that computes imports this; it needs the `proof` extra.
"""
