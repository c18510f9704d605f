"""The error for files that cannot be used."""


class UnusableFile(Exception):
    """A file, or a member of an archive, that cannot be used; the message is the reason.

    Whoever works on many files catches it, skips the file and reports the reason beside the file's name. The message
    therefore does not repeat that name.
    """
