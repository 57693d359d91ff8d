"""Notes, transactions, blocks, and the chain of blocks."""
