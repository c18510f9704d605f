"""Colours pages, chapters and volumes with a trained run; `mangagan colorize` is the same command."""

from __future__ import annotations

import sys

from mangagan.cli.colorize import main

if __name__ == "__main__":
    sys.exit(main())
