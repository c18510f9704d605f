"""A colouriser on trial as it is used: whole pages, in grey and as manga, under several palettes and at several sizes.

`pages` makes the inputs, `ways` the palettes, `painting` colours folders of pages; `areas` and `characters` measure
what `mangagan.evaluate.colorization.predictions` does not, and `verdict` brings all of it together.
"""
