"""`mangagan train` in a checkout."""

import sys

from mangagan.cli.train import main

if __name__ == "__main__":
    sys.exit(main())
