"""Whole numbers as commands are given them."""

from __future__ import annotations

import argparse


def positive(text: str) -> int:
    """A whole number from 1 on; what argparse makes a mistake of otherwise."""
    return _whole(text, least=1)


def count(text: str) -> int:
    """A whole number from 0 on; what argparse makes a mistake of otherwise."""
    return _whole(text, least=0)


def _whole(text: str, least: int) -> int:
    if not text.isdecimal() or int(text) < least:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {least} on")
    return int(text)
