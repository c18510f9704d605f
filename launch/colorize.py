"""`mangagan colorize` in a checkout."""

import sys

from mangagan.cli.colorize import main

if __name__ == "__main__":
    sys.exit(main())
