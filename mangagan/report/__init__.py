"""Compares evaluated runs, colourisers or restorers, in HTML and in Markdown.

`evaluated_runs` opens runs and `comparison` compares them; `html_page` and `markdown` print what both return.
"""
