"""Manga pages drawn after colour pictures, in many hands: training inputs that look like what the tool is given."""

from mangagan.data.drawing.draw_page import draw_page
from mangagan.data.drawing.drawing_settings import KINDS, Drawing, Kind

__all__ = ["KINDS", "Drawing", "Kind", "draw_page"]
