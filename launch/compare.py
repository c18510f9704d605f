"""`mangagan compare` in a checkout."""

import sys

from mangagan.cli.compare import main

if __name__ == "__main__":
    sys.exit(main())
