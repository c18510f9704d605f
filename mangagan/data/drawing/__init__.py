"""Draw manga pages from colour pictures in many styles: training inputs that resemble the pages of users."""

from mangagan.data.drawing.draw_page import draw_page
from mangagan.data.drawing.drawing_settings import STYLES, Drawing, DrawingStyle

__all__ = ["STYLES", "Drawing", "DrawingStyle", "draw_page"]
