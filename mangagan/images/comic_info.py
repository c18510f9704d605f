"""ComicInfo.xml, the metadata of comics in archives: marked as in colour, with a note of what coloured it."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree import ElementTree

from mangagan.images.decode import Unusable

# The elements of ComicInfo 2.1 that may follow those written here: its schema has a fixed order.
_AFTER_NOTES = tuple(
    "Year Month Day Writer Penciller Inker Colorist Letterer CoverArtist Editor Translator Publisher Imprint Genre "
    "Tags Web PageCount LanguageISO Format BlackAndWhite".split()
)
_AFTER_BLACK_AND_WHITE = tuple(
    "Manga Characters Teams Locations ScanInformation StoryArc StoryArcNumber SeriesGroup AgeRating Pages "
    "CommunityRating MainCharacterOrTeam Review GTIN".split()
)
_MAX_BYTES = 16 * 2**20
_NAMESPACES = {
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "xsd": "http://www.w3.org/2001/XMLSchema",
}


def colored_info(data: bytes, note: str, sizes: Mapping[int, int]) -> bytes:
    """A ComicInfo.xml with BlackAndWhite=No, a note, and new file sizes by page number; all else stays.

    Empty data make a new file with these two elements alone, since nothing else is known for certain. Raises
    Unusable for what is no ComicInfo.
    """
    root = _parsed(data) if data else ElementTree.Element("ComicInfo")
    notes = _element(root, "Notes", _AFTER_NOTES + _AFTER_BLACK_AND_WHITE)
    if note not in (notes.text or ""):
        notes.text = "\n".join(filter(None, [(notes.text or "").rstrip(), note]))
    _element(root, "BlackAndWhite", _AFTER_BLACK_AND_WHITE).text = "No"
    written = {str(number): str(size) for number, size in sizes.items()}
    for page in root.iterfind("Pages/Page"):
        # Compared as text: what a hostile file has there need not be a number that can be read.
        if "ImageSize" in page.attrib and page.get("Image") in written:
            page.set("ImageSize", written[page.attrib["Image"]])
    if not data:
        ElementTree.indent(root)
    for prefix, uri in _NAMESPACES.items():
        ElementTree.register_namespace(prefix, uri)
    try:
        return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"
    except RecursionError as error:
        raise Unusable("its XML is nested too deeply") from error


class _Builder(ElementTree.TreeBuilder):
    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        # Entities that grow without bounds are declared there; no ComicInfo needs any.
        raise Unusable("its XML has a document type declaration")


def _parsed(data: bytes) -> ElementTree.Element:
    if len(data) > _MAX_BYTES:
        raise Unusable(f"it has {len(data)} bytes, more than {_MAX_BYTES}")
    try:
        builder = _Builder(insert_comments=True)
        root = ElementTree.fromstring(data, ElementTree.XMLParser(target=builder))
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise Unusable(f"it is no readable XML: {error}") from error
    if root.tag != "ComicInfo":
        raise Unusable(f"its root is {root.tag}, not ComicInfo")
    return root


def _element(root: ElementTree.Element, tag: str, followers: tuple[str, ...]) -> ElementTree.Element:
    found = root.find(tag)
    if found is not None:
        return found
    tags = [child.tag for child in root]
    place = next((n for n, follower in enumerate(tags) if follower in followers), len(tags))
    made = ElementTree.Element(tag)
    made.tail = root.text
    root.insert(place, made)
    if place and place == len(tags):
        # The last element's tail leads to the end of its parent.
        root[place - 1].tail, made.tail = root.text, root[place - 1].tail
    return made
