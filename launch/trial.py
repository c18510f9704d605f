"""`mangagan trial` in a checkout."""

import sys

from mangagan.cli.trial import main

if __name__ == "__main__":
    sys.exit(main())
