"""`mangagan export` in a checkout."""

import sys

from mangagan.cli.export import main

if __name__ == "__main__":
    sys.exit(main())
