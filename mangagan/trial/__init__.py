"""Evaluates a colouriser as it is used: whole pages, in grey and as manga, under several palettes and at several sizes.

`run_trial` is what the command calls. `trial_pages` makes the inputs, `palette_modes` the palettes, and `predict_pages`
colours folders of pages. `paper_areas` and `characters` measure what `mangagan.evaluate` does not. `trial_result` puts
these together.
"""
