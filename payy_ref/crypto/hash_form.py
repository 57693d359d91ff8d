"""The form of the hash that this machine offers: compiled, or readable without the compiler."""

try:
    from payy_ref.crypto.compiled import byte_chain, climb, permutation_rows, sponge, sponges
except ImportError:
    from payy_ref.crypto.readable import byte_chain, climb, permutation_rows, sponge, sponges

__all__ = ["byte_chain", "climb", "permutation_rows", "sponge", "sponges"]
