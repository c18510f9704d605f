"""`mangagan sweep` in a checkout."""

import sys

from mangagan.cli.sweep import main

if __name__ == "__main__":
    sys.exit(main())
