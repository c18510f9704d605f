"""`mangagan restore` in a checkout."""

import sys

from mangagan.cli.restore import main

if __name__ == "__main__":
    sys.exit(main())
