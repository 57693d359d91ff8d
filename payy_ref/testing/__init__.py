"""What tests of the specification, and of implementations of it, are made from."""
