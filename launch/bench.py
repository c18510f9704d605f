"""`mangagan bench` in a checkout."""

import sys

from mangagan.cli.bench import main

if __name__ == "__main__":
    sys.exit(main())
