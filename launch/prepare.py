"""`mangagan prepare` in a checkout."""

import sys

from mangagan.cli.prepare import main

if __name__ == "__main__":
    sys.exit(main())
