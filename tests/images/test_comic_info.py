from __future__ import annotations

from xml.etree import ElementTree

import pytest

from mangagan.images.comic_info import colored_info
from mangagan.images.errors import UnusableFile

INFO = """<?xml version="1.0"?>
<ComicInfo xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a b">
  <Title>第一話</Title>
  <!-- ours -->
  <Notes>Scanned</Notes>
  <Unknown a="1">kept</Unknown>
  <Manga>YesAndRightToLeft</Manga>
  <Pages>
    <Page Image="0" ImageSize="10" ImageWidth="5" Type="FrontCover"/>
    <Page Image="1" ImageWidth="5"/>
    <Page Image="9" ImageSize="10"/>
  </Pages>
</ComicInfo>
"""


def test_existing_elements_are_kept():
    text = colored_info(INFO.encode(), "Coloured", {0: 77, 1: 88}).decode()
    root = ElementTree.fromstring(text)
    assert [child.tag for child in root] == ["Title", "Notes", "Unknown", "BlackAndWhite", "Manga", "Pages"]
    assert root.findtext("Notes") == "Scanned\nColoured" and root.findtext("BlackAndWhite") == "No"
    assert [page.attrib for page in root.iter("Page")] == [
        {"Image": "0", "ImageSize": "77", "ImageWidth": "5", "Type": "FrontCover"},
        {"Image": "1", "ImageWidth": "5"},
        {"Image": "9", "ImageSize": "10"},
    ]
    assert root.findtext("Title") == "第一話" and root.findtext("Unknown") == "kept"
    assert "<!-- ours -->" in text and 'xsi:schemaLocation="a b"' in text
    assert colored_info(text.encode(), "Coloured", {}).decode() == text


@pytest.mark.parametrize("number", ["9" * 5000, "-1", "", "0x0", "²"])
def test_invalid_page_numbers_are_kept(number):
    info = f'<ComicInfo><Pages><Page Image="{number}" ImageSize="10"/></Pages></ComicInfo>'
    page = ElementTree.fromstring(colored_info(info.encode(), "n", {0: 1})).find("Pages/Page")
    assert page is not None and page.attrib == {"Image": number, "ImageSize": "10"}


def test_a_claim_of_black_and_white_is_corrected():
    info = b"<ComicInfo><BlackAndWhite>Yes</BlackAndWhite></ComicInfo>"
    assert ElementTree.fromstring(colored_info(info, "n", {})).findtext("BlackAndWhite") == "No"


def test_a_new_file_holds_only_the_note_and_the_flag():
    root = ElementTree.fromstring(colored_info(b"", "Coloured", {0: 1}))
    assert [(child.tag, child.text) for child in root] == [("Notes", "Coloured"), ("BlackAndWhite", "No")]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<ComicInfo>", "not readable XML"),
        (b"\0\1", "not readable XML"),
        (b"<html/>", "its root is html"),
        (b'<?xml version="1.0" encoding="none"?><ComicInfo/>', "not readable XML"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><ComicInfo>&b;</ComicInfo>', "document type"),
        (b"<ComicInfo>" + b"<a>" * 100_000 + b"</a>" * 100_000 + b"</ComicInfo>", "nested"),
        (b"<ComicInfo>" + b" " * 2**24 + b"</ComicInfo>", "more than"),
    ],
)
def test_other_files_are_refused(data, reason):
    with pytest.raises(UnusableFile, match=reason):
        colored_info(data, "n", {})


def test_other_encodings_are_read():
    info = '<?xml version="1.0" encoding="UTF-16"?><ComicInfo><Title>é</Title></ComicInfo>'.encode("utf-16")
    assert ElementTree.fromstring(colored_info(info, "n", {})).findtext("Title") == "é"
