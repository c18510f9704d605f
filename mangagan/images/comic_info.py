"""ComicInfo.xml, the metadata of comics in archives: marked as in colour, with a note of what coloured the comic."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree import ElementTree

from mangagan.images.errors import UnusableFile

# The schema of ComicInfo 2.1 fixes the order of its elements; these may follow the two that are written here.
_AFTER_NOTES = tuple(
    "Year Month Day Writer Penciller Inker Colorist Letterer CoverArtist Editor Translator Publisher Imprint Genre "
    "Tags Web PageCount LanguageISO Format BlackAndWhite".split()
)
_AFTER_BLACK_AND_WHITE = tuple(
    "Manga Characters Teams Locations ScanInformation StoryArc StoryArcNumber SeriesGroup AgeRating Pages "
    "CommunityRating MainCharacterOrTeam Review GTIN".split()
)
_MAX_BYTES = 16 * 2**20
# Registered so that ElementTree keeps the usual prefixes instead of ns0 and ns1.
_NAMESPACES = {
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "xsd": "http://www.w3.org/2001/XMLSchema",
}


def colored_info(data: bytes, note: str, sizes: Mapping[int, int]) -> bytes:
    """Return a ComicInfo.xml with BlackAndWhite=No, a note and new file sizes; everything else stays as it was.

    Args:
        data: The bytes of the old file. Empty data make a new file with the first two elements alone, since nothing
            else is known for certain.
        note: Appended to the element Notes, once.
        sizes: Bytes of the coloured pages by page number, from 0.

    Raises:
        UnusableFile: The data are not a readable ComicInfo.
    """
    root = _parsed(data) if data else ElementTree.Element("ComicInfo")
    notes = _element(root, "Notes", _AFTER_NOTES + _AFTER_BLACK_AND_WHITE)
    if note not in (notes.text or ""):
        notes.text = "\n".join(filter(None, [(notes.text or "").rstrip(), note]))
    _element(root, "BlackAndWhite", _AFTER_BLACK_AND_WHITE).text = "No"
    texts = {str(number): str(size) for number, size in sizes.items()}
    for page in root.iterfind("Pages/Page"):
        # Compared as text, because a hostile file may hold anything in place of a number.
        if "ImageSize" in page.attrib and page.get("Image") in texts:
            page.set("ImageSize", texts[page.attrib["Image"]])
    if not data:
        ElementTree.indent(root)
    for prefix, uri in _NAMESPACES.items():
        ElementTree.register_namespace(prefix, uri)
    try:
        return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"
    except RecursionError as error:
        raise UnusableFile("its XML is nested too deeply") from error


class _Builder(ElementTree.TreeBuilder):
    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        # It can declare entities that expand without bounds, and no ComicInfo needs any.
        raise UnusableFile("its XML has a document type declaration")


def _parsed(data: bytes) -> ElementTree.Element:
    if len(data) > _MAX_BYTES:
        raise UnusableFile(f"it has {len(data)} bytes, more than {_MAX_BYTES}")
    try:
        builder = _Builder(insert_comments=True)
        root = ElementTree.fromstring(data, ElementTree.XMLParser(target=builder))
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise UnusableFile(f"it is not readable XML: {error}") from error
    if root.tag != "ComicInfo":
        raise UnusableFile(f"its root is {root.tag}, not ComicInfo")
    return root


def _element(root: ElementTree.Element, tag: str, followers: tuple[str, ...]) -> ElementTree.Element:
    """Return the child of this tag, inserted before its followers and indented like them where there is none."""
    found = root.find(tag)
    if found is not None:
        return found
    tags = [child.tag for child in root]
    place = next((n for n, follower in enumerate(tags) if follower in followers), len(tags))
    element = ElementTree.Element(tag)
    element.tail = root.text
    root.insert(place, element)
    if place and place == len(tags):
        # The tail of the last element is the line break before the end of its parent.
        root[place - 1].tail, element.tail = root.text, root[place - 1].tail
    return element
