"""The statements that are proved, written as constraints."""
