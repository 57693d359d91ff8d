"""The command line: `payy-ref`."""
