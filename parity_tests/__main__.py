"""`python -m parity_tests report`: proves the exported models equal to Python in a real browser, and writes the parity report."""

from __future__ import annotations

import sys


def main() -> int:
    from parity_tests.measure import measured, write_reports

    with measured() as (_, measurements):
        ok = write_reports(measurements)
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
