"""The shots of a panel, from a view of a place to a face in close-up."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mangagan.data.comics.canvas import Canvas, Point
from mangagan.data.comics.grounds import MOOD_COLORS, fill_burst, fill_flat, fill_gradient, focus_lines, speed_lines
from mangagan.data.comics.stage import Setting, Stage
from mangagan.data.comics.words import Speech

# Factors of red, green and blue for the light of each time of day.
LIGHT = {"day": (1.0, 1.0, 1.0), "dusk": (1.0, 0.88, 0.8), "night": (0.76, 0.78, 0.96)}

# Weights of the moods.
MILD_MOODS = {"calm": 3.0, "happy": 3.0, "sad": 1.0, "angry": 0.7, "shock": 0.4}
ALL_MOODS = {"calm": 1.0, "happy": 1.5, "sad": 1.0, "angry": 1.0, "shock": 1.2}
_STRONG_MOODS = {"shock": 1.0, "angry": 1.0, "happy": 1.0}
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
    """Draw a panel of `size` pixels at `corner` of its page; the stage also holds its faces and speeches."""
    stage = Stage(setting, corner, Canvas(size), rng)
    wide, large = size[0] / size[1], size[0] * size[1] > 160_000
    splash = size[0] * size[1] > 450_000
    # The shape of a panel decides which shots fit: two people need a wide one, a view a large one.
    weights = {
        "view": 20.0 if splash else 6.0 if opening else (1.5 if large else 0.3),
        "silhouette": 0.25 if wide > 0.8 else 0.0,
        "talk": 3.5 if wide > 0.85 else 0.0,
        "face": 2.6 if not opening else 0.4,
        "action": 0.0 if splash else 1.0,
        "object": 0.0 if splash else 0.3 if large else 0.9,
        "group": 1.6 if wide > 1.3 else 0.0,
        "walk": 1.6,
    }
    _SHOTS[stage.choose(weights)](stage)
    stage.canvas.scale_colors(LIGHT[setting.hour])
    return stage


def _view(stage: Stage) -> None:
    """A place with small figures."""
    stage.add_scenery(1.0)
    rng, people = stage.rng, stage.choose_characters(int(stage.rng.integers(1, 4)))
    if rng.random() < 0.6:
        _animal(stage, rng.uniform(0.1, 0.9) * stage.width, 0.97 * stage.height, 0.17 * stage.height)
    if rng.random() < 0.65:
        stage.speeches.append(Speech("caption"))
    for i, who in enumerate(people):
        depth = rng.uniform(0.4, 0.56)
        x = stage.width * (i + rng.uniform(0.35, 0.65)) / len(people)
        foot = stage.height * (0.97 - (0.56 - depth) * 0.5)
        mood = stage.choose(MILD_MOODS)
        lips = stage.add_figure(who, mood, pose_of(stage, mood), x, foot, depth * stage.height, _side(stage))
        if i == 0:
            _say(stage, [lips], 0.6)


def _walk(stage: Stage) -> None:
    """One or two whole figures in a place."""
    stage.add_scenery(stage.rng.uniform(1.0, 1.3))
    rng, count = stage.rng, 2 if stage.width > 1.05 * stage.height else 1
    lips = []
    for i, who in enumerate(stage.choose_characters(count)):
        x = stage.width * ((i + 0.5) / count + rng.uniform(-0.05, 0.05))
        tall = min(stage.height * rng.uniform(0.74, 0.92), stage.width * 1.8)
        look = 1 - 2 * i if count == 2 else _side(stage)
        mood = stage.choose(MILD_MOODS)
        lips.append(stage.add_figure(who, mood, pose_of(stage, mood), x, stage.height, tall, look))
    if rng.random() < 0.4:
        _animal(stage, rng.uniform(0.1, 0.9) * stage.width, 0.98 * stage.height, 0.24 * stage.height)
    elif rng.random() < 0.4:
        prop = str(rng.choice(stage.setting.work.props))
        stage.add_object(prop, (rng.uniform(0.1, 0.9) * stage.width, 0.86 * stage.height), 0.22 * stage.height, 0.0)
    _say(stage, lips, 0.75)


def _silhouette(stage: Stage) -> None:
    """Black shapes against the sky."""
    fill_gradient(stage.canvas, (("#ff9a5c", "#ffe3a0"), ("#6fb3ea", "#e6f4fb"))[stage.rng.integers(2)], True)
    people = stage.choose_characters(int(stage.rng.integers(2, 4)))
    for i, who in enumerate(people):
        x = stage.width * (i + stage.rng.uniform(0.3, 0.7)) / len(people)
        pose = pose_of(stage, "calm")
        stage.add_silhouette(who, pose, x, stage.height * 1.02, stage.height * stage.rng.uniform(0.55, 0.7))
    if stage.rng.random() < 0.8:
        stage.speeches.append(Speech("caption"))


def _talk(stage: Stage) -> None:
    """Two people face to face."""
    draw_ground(stage, "calm")
    lips = []
    for i, who in enumerate(stage.choose_characters(2)):
        tall = min(stage.height * stage.rng.uniform(0.85, 1.25), stage.width * 0.78)
        x, base = stage.width * (0.22 + 0.56 * i), max(stage.height * 1.03, 0.6 * stage.height + 0.5 * tall)
        lips.append(stage.add_bust(who, stage.choose(MILD_MOODS), x, base, tall, look=1 - 2 * i))
    _say(stage, lips, 0.95)


def _group(stage: Stage) -> None:
    """Three or four overlapping heads side by side."""
    draw_ground(stage, "happy")
    people, lips = stage.choose_characters(int(stage.rng.integers(3, 5))), []
    for i in stage.rng.permutation(len(people)).tolist():
        tall = stage.height * stage.rng.uniform(0.68, 0.92)
        x = stage.width * (i + 0.5) / len(people)
        look = 1 if i < 2 else -1
        lips.append(stage.add_bust(people[i], stage.choose(ALL_MOODS), x, stage.height * 1.04, tall, look))
    _say(stage, lips[-2:], 0.8)


def _face(stage: Stage) -> None:
    """One face in close-up."""
    mood = stage.choose(ALL_MOODS)
    strong, center = mood in ("shock", "angry"), (stage.width / 2, stage.height * 0.58)
    if strong and stage.rng.random() < 0.5:
        fill_burst(stage.canvas, _colors(stage, mood), center, stage.rng)
    else:
        draw_ground(stage, mood)
    if strong:
        focus_lines(stage.canvas, center, 0.42 * min(stage.canvas.size), stage.rng)
    tall = min(stage.rng.uniform(1.0, 1.6) * stage.height, max(1.9 * stage.width, 0.9 * stage.height))
    base = max(stage.height * 1.02, 0.57 * stage.height + 0.52 * tall)
    x = stage.width * stage.rng.uniform(0.42, 0.58)
    lips = stage.add_bust(stage.choose_characters(1)[0], mood, x, base, tall, _side(stage))
    _say(stage, [lips], 0.65, "shout" if strong else "thought" if mood == "sad" else "round")


def _action(stage: Stage) -> None:
    """A figure in motion, with speed lines and a sound effect."""
    mood = stage.choose(_STRONG_MOODS)
    fill_gradient(stage.canvas, _colors(stage, mood), True)
    speed_lines(stage.canvas, stage.rng.uniform(-0.3, 0.3), stage.rng)
    tall = min(stage.height * 1.05, stage.width * 1.7)
    center = (stage.width * stage.rng.uniform(0.4, 0.6), stage.height * 0.58)
    who, pose = stage.choose_characters(1)[0], pose_of(stage, mood)
    stage.add_leaping_figure(who, mood, pose, center, tall, stage.rng.uniform(-24, 24))
    stage.speeches.append(Speech("sound"))


def _object(stage: Stage) -> None:
    """An object or an animal alone."""
    mood, center = stage.choose({"calm": 2, "happy": 2, "shock": 1}), (stage.width / 2, stage.height * 0.54)
    if mood == "shock":
        fill_burst(stage.canvas, _colors(stage, mood), center, stage.rng)
        focus_lines(stage.canvas, center, 0.4 * min(stage.canvas.size), stage.rng)
    else:
        draw_ground(stage, mood)
    codes = stage.setting.work.props if stage.rng.random() < 0.7 else stage.setting.work.animals
    side = min(stage.canvas.size) * stage.rng.uniform(0.68, 0.92)
    stage.add_object(str(stage.rng.choice(codes)), center, side, stage.rng.uniform(-20, 20))
    if stage.rng.random() < 0.6:
        stage.speeches.append(Speech("sound" if stage.rng.random() < 0.65 else "caption"))


_SHOTS: dict[str, Callable[[Stage], None]] = {
    "view": _view,
    "silhouette": _silhouette,
    "talk": _talk,
    "face": _face,
    "action": _action,
    "object": _object,
    "group": _group,
    "walk": _walk,
}


def draw_ground(stage: Stage, mood: str) -> None:
    """Cover the panel with its scenery, or with colours that fit a mood."""
    choice = stage.choose({"place": 2.2, "graded": 1.0, "flat": 0.7})
    if choice == "place":
        stage.add_scenery(stage.rng.uniform(1.2, 1.8))
    elif choice == "graded":
        fill_gradient(stage.canvas, _colors(stage, mood), bool(stage.rng.random() < 0.8))
    else:
        fill_flat(stage.canvas, _colors(stage, mood)[0])


def _colors(stage: Stage, mood: str) -> tuple[str, str]:
    pairs = MOOD_COLORS[mood]
    return pairs[int(stage.rng.integers(len(pairs)))]


def pose_of(stage: Stage, mood: str) -> str:
    """Draw a pose that fits a mood."""
    return str(stage.rng.choice(_POSES[mood]))


def _side(stage: Stage) -> int:
    return 1 if stage.rng.random() < 0.5 else -1


def _animal(stage: Stage, x: float, foot: float, side: float) -> None:
    code = str(stage.rng.choice(stage.setting.work.animals))
    stage.add_object(code, (x, foot - 0.43 * side), side, 0.0)


def _say(stage: Stage, lips: list[Point], chance: float, kind: str = "round") -> None:
    """Give each mouth, from left to right, a text with probability `chance`; small panels have none."""
    # Too small for lettering.
    if stage.width < 140 or stage.height < 140:
        return
    for mouth in sorted(lips):
        if stage.rng.random() < chance:
            loud = kind == "shout" or (kind == "round" and stage.rng.random() < 0.12)
            stage.speeches.append(Speech("shout" if loud else "thought" if kind == "thought" else "round", mouth))
