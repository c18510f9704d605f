"""`mangagan studio` in a checkout."""

import sys

from mangagan.cli.studio import main

if __name__ == "__main__":
    sys.exit(main())
