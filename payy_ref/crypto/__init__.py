"""Field, hash functions and, later, signatures."""
