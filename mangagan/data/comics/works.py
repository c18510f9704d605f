"""The fictional works of the built-in pages, each with its own cast, places, props, layout and screentones."""

from __future__ import annotations

from mangagan.data.comics.tone_patterns import Screen
from mangagan.data.comics.work import Work


def _dots(pitch: float, angle: float = 45.0) -> Screen:
    return Screen("dots", pitch, angle)


def _lines(pitch: float, angle: float) -> Screen:
    return Screen("lines", pitch, angle)


_CROSS = Screen("cross", 5.0, 45.0)

WORKS: tuple[Work, ...] = (
    Work(
        "kite-harbour", "train", "lorelei", ("sea", "hills/day", "town"), ("1FA81", "2693", "1F9ED",
        "1F6DF", "1F392"), ("1F980", "1F419", "1F41F"), (_dots(4.3), _lines(4.1, 90), _dots(5.3, 30)),
        slant=0.3,
    ),
    Work(
        "the-copper-fox", "train", "adventurer", ("forest", "hills", "garden"), ("1F511", "1F344", "1F5FA",
        "1F451"), ("1F9A1", "1F994", "1F43F", "1F989"), (_dots(4.9), _dots(3.8, 15), _lines(4.9, 45)),
        rows=(2, 3, 3),
    ),
    Work(
        "noodle-street", "train", "micah", ("town", "room", "market"), ("1F35C", "1F9CB", "1F371", "1F6F5",
        "1F3EE"), ("1F408", "1F415"), (_dots(4.1), _lines(3.7, 0), _dots(5.7, 60)), slant=0.1, border=4,
        night=0.15,
    ),
    Work(
        "second-period", "train", "open-peeps", ("school", "room", "town"), ("1F4DA", "26BD", "1F3B8",
        "1F4F7", "1F4D6"), ("1F426", "1F408"), (_dots(4.5), _dots(4.5, 75), _lines(4.1, 45)), gutter=10,
        slant=0.15,
    ),
    Work(
        "orbit-of-two", "train", "lorelei", ("space", "room", "desert"), ("1F680", "1F6F0", "1F52D",
        "1F916", "1F6F8"), ("1F47E",), (_dots(3.8), _CROSS, _lines(3.3, 135)), slant=0.45, bleed=0.3,
        night=0.2,
    ),
    Work(
        "mud-and-marigolds", "train", "notionists", ("garden", "hills", "room"), ("1F33B", "1F490", "1F9FA",
        "1F34E"), ("1F411", "1F416", "1F41D", "1F986"), (_dots(4.9), _lines(4.1, 60), _CROSS), rows=(2, 2,
        3), slant=0.0, border=3,
    ),
    Work(
        "the-ninth-whistle", "train", "adventurer", ("snow", "town", "hills"), ("1F682", "1F3BA", "1F9E3",
        "1F381"), ("1F98C", "1F9AB"), (_dots(4.1, 20), _lines(4.9, 0), _dots(6.1)), slant=0.2,
    ),
    Work(
        "sunday-robots", "train", "micah", ("room", "school", "hills"), ("1F916", "1F527", "1F9F0", "1F4A1",
        "1F6B2"), ("1F995", "1F996"), (_dots(5.3), _lines(3.7, 45), _dots(4.1, 10)), rows=(3, 4), gutter=9,
    ),
    Work(
        "dune-post", "train", "open-peeps", ("desert", "hills", "sea"), ("1F4E6", "1F9ED", "1F5FA", "26FA",
        "1FA94"), ("1F42A", "1F98E", "1F40D"), (_dots(4.5), _CROSS, _lines(4.1, 120)), slant=0.35,
        bleed=0.2,
    ),
    Work(
        "lantern-inn", "train", "notionists", ("temple", "room", "forest"), ("1F3EE", "1F375", "1F4DC",
        "2602", "1F38B"), ("1F9A2", "1F422", "1F407"), (_dots(4.1, 45), _lines(3.7, 90), _dots(5.7, 15)),
        night=0.2, border=2,
    ),
    Work(
        "goal-kick-girls", "train", "lorelei", ("school", "garden", "town"), ("26BD", "1F3C6", "1F964",
        "1F392", "1F3AF"), ("1F415", "1F426"), (_dots(4.9), _lines(4.5, 30), _CROSS), slant=0.6, bleed=0.25,
        rows=(2, 3, 3),
    ),
    Work(
        "witch-of-block-c", "train", "adventurer", ("town", "room", "forest"), ("1F52E", "1FA84", "1F56F",
        "1F9EA", "1F383"), ("1F987", "1F408-200D-2B1B"), (_dots(3.9, 30), _dots(5.3), _lines(3.3, 60)),
        night=0.2, slant=0.3,
    ),
    Work(
        "paper-lighthouse", "validation", "lorelei", ("sea", "room", "hills"), ("26F5", "1F4D6", "1F50D",
        "1F41A", "2602"), ("1F40B", "1F980", "1F986"), (_dots(4.6, 35), _lines(4.1, 15), _dots(3.8)),
        slant=0.25,
    ),
    Work(
        "bakery-at-dawn", "validation", "micah", ("town", "market", "garden"), ("1F950", "1F382", "1F9C1",
        "1F369", "2615"), ("1F408", "1F415"), (_dots(5.1), _dots(4.1, 70), _lines(3.9, 45)), gutter=11,
    ),
    Work(
        "fern-valley-files", "validation", "adventurer", ("forest", "school", "snow"), ("1F50D", "1F4F7",
        "1F392", "1F6B2"), ("1F98C", "1F9A6", "1F98B"), (_dots(4.4, 45), _lines(4.3, 45), _CROSS),
        slant=0.4,
    ),
)  # fmt: skip
