"""Notes and, later, transactions and blocks."""
