"""The sparse Merkle tree that holds the commitments of all unspent notes."""
