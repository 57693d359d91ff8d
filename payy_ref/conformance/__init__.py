"""The conformance runner: asks a driver about every vector and compares its answers."""
