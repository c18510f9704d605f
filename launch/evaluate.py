"""`mangagan evaluate` in a checkout."""

import sys

from mangagan.cli.evaluate import main

if __name__ == "__main__":
    sys.exit(main())
