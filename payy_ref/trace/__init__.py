"""From requirement to code, property, evidence and vector: read from the sources, and joined."""
