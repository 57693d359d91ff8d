"""The formally specified reference implementation of the Payy Network."""

from typing import Final

__version__: Final = "0.1.0"
"""Version of the specification and of this package; vectors carry it as `specVersion`."""
