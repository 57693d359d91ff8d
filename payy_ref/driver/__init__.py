"""The reference's own driver: answers requests about any operation, one JSON line each."""
