"""The studio: colour, inpaint and denoise pages in a browser, on this computer.

`server` starts it; `routes` is the HTTP interface and `guard` says who may use it. A `project` is an opened page or
volume with its `edits`, which are operations in a journal. `stages` makes pictures of pages with their edits, and
`worker` does so in one thread, where the networks are. The web page lies in `web`.
"""
