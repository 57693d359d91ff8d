"""
The reference's driver with one check switched off, to show that the vectors notice.

    mutant.py --site payy_ref.ledger.kind:note_kind:NOTE_CHAIN_ID_OUT_OF_RANGE
"""

import argparse
import sys

from payy_ref.driver.reference import serve
from payy_ref.errors import CheckSite, ErrorCode, switched_off


def site_of(text: str) -> CheckSite:
    """Read a site as `CheckSite` writes it."""
    module, function, code = text.split(":")
    return CheckSite(module, function, ErrorCode(code))


def write(line: str) -> None:
    """Write one answer."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """Answer the lines of standard input."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--site", type=site_of, required=True)
    with switched_off(parser.parse_args().site):
        serve(sys.stdin.buffer, write)


if __name__ == "__main__":
    main()
