"""What happens in one panel: shots, from the view of a place to a face."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mangagan.data.comics.canvas import Canvas, Point
from mangagan.data.comics.grounds import MOOD_COLORS, burst, flat, focus_lines, graded, speed_lines
from mangagan.data.comics.stage import Setting, Stage
from mangagan.data.comics.words import Speech

# What the light of an hour leaves of red, green and blue.
LIGHT = {"day": (1.0, 1.0, 1.0), "dusk": (1.0, 0.88, 0.8), "night": (0.76, 0.78, 0.96)}

MILD = {"calm": 3.0, "happy": 3.0, "sad": 1.0, "angry": 0.7, "shock": 0.4}
ANY = {"calm": 1.0, "happy": 1.5, "sad": 1.0, "angry": 1.0, "shock": 1.2}
_STRONG = {"shock": 1.0, "angry": 1.0, "happy": 1.0}
_POSES = {
    "calm": ("stand", "walk"),
    "happy": ("wave", "cheer"),
    "sad": ("stand",),
    "shock": ("cheer",),
    "angry": ("point",),
}


def draw_panel(
    setting: Setting, corner: tuple[int, int], size: tuple[int, int], opening: bool, rng: np.random.Generator
) -> Stage:
    """The panel of `size` pixels at `corner` of its page: what it shows, where faces are, and what is said."""
    stage = Stage(setting, corner, Canvas(size), rng)
    wide, large = size[0] / size[1], size[0] * size[1] > 160_000
    splash = size[0] * size[1] > 450_000
    weights = {
        "view": 20.0 if splash else 6.0 if opening else (1.5 if large else 0.3),
        "silhouette": 0.25 if wide > 0.8 else 0.0,
        "talk": 3.5 if wide > 0.85 else 0.0,
        "face": 2.6 if not opening else 0.4,
        "action": 0.0 if splash else 1.0,
        "thing": 0.0 if splash else 0.3 if large else 0.9,
        "group": 1.6 if wide > 1.3 else 0.0,
        "walk": 1.6,
    }
    _SHOTS[stage.pick(weights)](stage)
    stage.canvas.light(LIGHT[setting.hour])
    return stage


def _view(stage: Stage) -> None:
    """A place, with people small in it."""
    stage.place(1.0)
    rng, people = stage.rng, stage.actors(int(stage.rng.integers(1, 4)))
    if rng.random() < 0.6:
        _animal(stage, rng.uniform(0.1, 0.9) * stage.width, 0.97 * stage.height, 0.17 * stage.height)
    if rng.random() < 0.65:
        stage.words.append(Speech("caption"))
    for i, who in enumerate(people):
        depth = rng.uniform(0.4, 0.56)
        x = stage.width * (i + rng.uniform(0.35, 0.65)) / len(people)
        foot = stage.height * (0.97 - (0.56 - depth) * 0.5)
        mood = stage.pick(MILD)
        lips = stage.stand(who, mood, pose_for(stage, mood), x, foot, depth * stage.height, _side(stage))
        if i == 0:
            _say(stage, [lips], 0.6)


def _walk(stage: Stage) -> None:
    """One or two whole figures in a place."""
    stage.place(stage.rng.uniform(1.0, 1.3))
    rng, count = stage.rng, 2 if stage.width > 1.05 * stage.height else 1
    lips = []
    for i, who in enumerate(stage.actors(count)):
        x = stage.width * ((i + 0.5) / count + rng.uniform(-0.05, 0.05))
        tall = min(stage.height * rng.uniform(0.74, 0.92), stage.width * 1.8)
        look = 1 - 2 * i if count == 2 else _side(stage)
        mood = stage.pick(MILD)
        lips.append(stage.stand(who, mood, pose_for(stage, mood), x, stage.height, tall, look))
    if rng.random() < 0.4:
        _animal(stage, rng.uniform(0.1, 0.9) * stage.width, 0.98 * stage.height, 0.24 * stage.height)
    elif rng.random() < 0.4:
        prop = str(rng.choice(stage.setting.work.props))
        stage.thing(prop, (rng.uniform(0.1, 0.9) * stage.width, 0.86 * stage.height), 0.22 * stage.height, 0.0)
    _say(stage, lips, 0.75)


def _silhouette(stage: Stage) -> None:
    """Black shapes against the sky."""
    graded(stage.canvas, (("#ff9a5c", "#ffe3a0"), ("#6fb3ea", "#e6f4fb"))[stage.rng.integers(2)], True)
    people = stage.actors(int(stage.rng.integers(2, 4)))
    for i, who in enumerate(people):
        x = stage.width * (i + stage.rng.uniform(0.3, 0.7)) / len(people)
        stage.shadow(who, pose_for(stage, "calm"), x, stage.height * 1.02, stage.height * stage.rng.uniform(0.55, 0.7))
    if stage.rng.random() < 0.8:
        stage.words.append(Speech("caption"))


def _talk(stage: Stage) -> None:
    """Two people face to face."""
    ground(stage, "calm")
    lips = []
    for i, who in enumerate(stage.actors(2)):
        tall = min(stage.height * stage.rng.uniform(0.85, 1.25), stage.width * 0.78)
        x, base = stage.width * (0.22 + 0.56 * i), max(stage.height * 1.03, 0.6 * stage.height + 0.5 * tall)
        lips.append(stage.bust(who, stage.pick(MILD), x, base, tall, look=1 - 2 * i))
    _say(stage, lips, 0.95)


def _group(stage: Stage) -> None:
    """Three or four heads side by side, one before the other."""
    ground(stage, "happy")
    people, lips = stage.actors(int(stage.rng.integers(3, 5))), []
    for i in stage.rng.permutation(len(people)).tolist():
        tall = stage.height * stage.rng.uniform(0.68, 0.92)
        x = stage.width * (i + 0.5) / len(people)
        lips.append(stage.bust(people[i], stage.pick(ANY), x, stage.height * 1.04, tall, look=1 if i < 2 else -1))
    _say(stage, lips[-2:], 0.8)


def _face(stage: Stage) -> None:
    """One face, close."""
    mood = stage.pick(ANY)
    strong, center = mood in ("shock", "angry"), (stage.width / 2, stage.height * 0.58)
    if strong and stage.rng.random() < 0.5:
        burst(stage.canvas, _colors(stage, mood), center, stage.rng)
    else:
        ground(stage, mood)
    if strong:
        focus_lines(stage.canvas, center, 0.42 * min(stage.canvas.size), stage.rng)
    tall = min(stage.rng.uniform(1.0, 1.6) * stage.height, max(1.9 * stage.width, 0.9 * stage.height))
    base = max(stage.height * 1.02, 0.57 * stage.height + 0.52 * tall)
    x = stage.width * stage.rng.uniform(0.42, 0.58)
    lips = stage.bust(stage.actors(1)[0], mood, x, base, tall, _side(stage))
    _say(stage, [lips], 0.65, "shout" if strong else "thought" if mood == "sad" else "round")


def _action(stage: Stage) -> None:
    """Someone in full motion, with speed lines and a sound."""
    mood = stage.pick(_STRONG)
    graded(stage.canvas, _colors(stage, mood), True)
    speed_lines(stage.canvas, stage.rng.uniform(-0.3, 0.3), stage.rng)
    tall = min(stage.height * 1.05, stage.width * 1.7)
    center = (stage.width * stage.rng.uniform(0.4, 0.6), stage.height * 0.58)
    stage.leap(stage.actors(1)[0], mood, pose_for(stage, mood), center, tall, stage.rng.uniform(-24, 24))
    stage.words.append(Speech("sound"))


def _thing(stage: Stage) -> None:
    """A thing that matters, or an animal, alone."""
    mood, center = stage.pick({"calm": 2, "happy": 2, "shock": 1}), (stage.width / 2, stage.height * 0.54)
    if mood == "shock":
        burst(stage.canvas, _colors(stage, mood), center, stage.rng)
        focus_lines(stage.canvas, center, 0.4 * min(stage.canvas.size), stage.rng)
    else:
        ground(stage, mood)
    codes = stage.setting.work.props if stage.rng.random() < 0.7 else stage.setting.work.animals
    side = min(stage.canvas.size) * stage.rng.uniform(0.68, 0.92)
    stage.thing(str(stage.rng.choice(codes)), center, side, stage.rng.uniform(-20, 20))
    if stage.rng.random() < 0.6:
        stage.words.append(Speech("sound" if stage.rng.random() < 0.65 else "caption"))


_SHOTS: dict[str, Callable[[Stage], None]] = {
    "view": _view,
    "silhouette": _silhouette,
    "talk": _talk,
    "face": _face,
    "action": _action,
    "thing": _thing,
    "group": _group,
    "walk": _walk,
}


def ground(stage: Stage, mood: str) -> None:
    """Covers the panel with its place, or with color that fits a mood."""
    choice = stage.pick({"place": 2.2, "graded": 1.0, "flat": 0.7})
    if choice == "place":
        stage.place(stage.rng.uniform(1.2, 1.8))
    elif choice == "graded":
        graded(stage.canvas, _colors(stage, mood), bool(stage.rng.random() < 0.8))
    else:
        flat(stage.canvas, _colors(stage, mood)[0])


def _colors(stage: Stage, mood: str) -> tuple[str, str]:
    pairs = MOOD_COLORS[mood]
    return pairs[int(stage.rng.integers(len(pairs)))]


def pose_for(stage: Stage, mood: str) -> str:
    """A pose that fits a mood."""
    return str(stage.rng.choice(_POSES[mood]))


def _side(stage: Stage) -> int:
    return 1 if stage.rng.random() < 0.5 else -1


def _animal(stage: Stage, x: float, foot: float, side: float) -> None:
    code = str(stage.rng.choice(stage.setting.work.animals))
    stage.thing(code, (x, foot - 0.43 * side), side, 0.0)


def _say(stage: Stage, lips: list[Point], chance: float, kind: str = "round") -> None:
    """Gives each mouth, from left to right, something to say with a chance."""
    if stage.width < 140 or stage.height < 140:
        return
    for mouth in sorted(lips):
        if stage.rng.random() < chance:
            loud = kind == "shout" or (kind == "round" and stage.rng.random() < 0.12)
            stage.words.append(Speech("shout" if loud else "thought" if kind == "thought" else "round", mouth))
