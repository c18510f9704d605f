"""What becomes of pages: hints, stages, runs, and the same bytes as the command line."""

import json
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mangagan.infer.volume.plan import plan
from mangagan.infer.volume.process_volumes import Settings, process_volumes
from mangagan.studio.library import Library
from mangagan.studio.studio import Studio
from tests.studio.conftest import page, wait

RED = {"kind": "point", "at": [30, 30], "color": "#ff0000"}


def opened(studio, source):
    return studio.library.open_source(source)


def made(studio, project, number=0):
    """Wait for a page, and return its last stage."""
    name = project.names[number]
    studio.worker.look_at(project, name)
    wait(lambda: studio.page(project, name)["state"] == "done")
    return stage_of(studio, project, name, studio.page(project, name)["last"])


def stage_of(studio, project, name, stage):
    content = studio.result(project, name, stage, studio.page(project, name)["results"][stage])
    return np.asarray(Image.open(BytesIO(content)))


def by_command(source, output, color, hints=None):
    """What `mangagan colorize` writes."""
    color = color.with_guidance("auto", hints)
    process_volumes(plan([source], output), color, Settings("Coloured by mangagan 1 with base", progress=False))
    return output.read_bytes()


def test_a_dot_of_red_turns_its_surroundings_red_and_nothing_far_away(studio, volume):
    project = opened(studio, volume)
    before = made(studio, project).astype(int)
    studio.draw(project, "001.png", RED, preview=True)
    after = made(studio, project).astype(int)
    box = after[20:45, 15:45]
    assert (box[..., 0] - box[..., 2]).mean() > (before[20:45, 15:45, 0] - before[20:45, 15:45, 2]).mean() + 30
    np.testing.assert_array_equal(before[90:], after[90:])
    studio.undo(project, "001.png", redo=False)
    np.testing.assert_array_equal(made(studio, project), before)
    studio.undo(project, "001.png", redo=True)
    np.testing.assert_array_equal(made(studio, project), after)


def test_a_volume_is_byte_for_byte_that_of_the_command_line(studio, volume, tmp_path, tools):
    project = opened(studio, volume)
    studio.draw(project, "002.png", RED, preview=False)
    studio.start_run(project, None, None)
    wait(lambda: studio.worker.runs[project.id].state == "finished")
    expected = by_command(volume, tmp_path / "kite-color.cbz", tools.color, project.folder / "hints")
    assert studio.finished(project).read_bytes() == expected
    assert studio.worker.runs[project.id].done == 6
    assert [entry["state"] for entry in studio.project(project)["pages"]] == ["done"] * 6


def test_a_run_pauses_and_a_new_server_finishes_it_with_the_same_bytes(library, tools, volume, tmp_path):
    first = Studio(library, tools)
    project = opened(first, volume)
    first.draw(project, "004.png", RED, preview=False)
    first.start_run(project, None, 2)
    wait(lambda: first.worker.runs[project.id].state == "paused")
    assert first.worker.runs[project.id].done == 2
    with pytest.raises(ValueError, match="not finished"):
        first.finished(project)
    first.close()
    calls = []

    def counted(maps):
        calls.append(1)
        return tools.color.network.predict(maps)

    network = replace(tools.color.network, predict=counted)
    second = Studio(Library(library.folder), replace(tools, color=replace(tools.color, network=network)))
    project = second.library.project(project.id)
    second.start_run(project, None, None)
    wait(lambda: second.worker.runs[project.id].state == "finished")
    hints = project.folder / "hints"
    assert second.finished(project).read_bytes() == by_command(volume, tmp_path / "kite-color.cbz", tools.color, hints)
    # Two of the six pages were finished before, and another one may have been at work.
    assert 3 <= len(calls) <= 4
    second.close()


def test_the_command_line_goes_on_with_what_the_studio_has_begun(studio, volume, tools):
    project = opened(studio, volume)
    studio.start_run(project, None, 3)
    wait(lambda: studio.worker.runs[project.id].state == "paused")
    studio.worker.forget(project)
    output = project.job.target.path
    assert len(list(project.job.target.work.glob("*.json"))) >= 3
    seen = []
    network = replace(tools.color.network, predict=lambda maps: seen.append(1) or tools.color.network.predict(maps))
    by_command(volume, output, replace(tools.color, network=network))
    assert output.is_file() and len(seen) <= 3


def test_some_pages_are_made_and_the_rest_is_not(studio, volume):
    project = opened(studio, volume)
    studio.start_run(project, [1, 4], None)
    wait(lambda: studio.worker.runs[project.id].state == "finished")
    states = [entry["state"] for entry in studio.project(project)["pages"]]
    assert states == ["todo", "done", "todo", "todo", "done", "todo"]
    with pytest.raises(ValueError, match="no page of such a number"):
        studio.start_run(project, [6], None)


def test_stages_follow_each_other_and_the_original_is_painted_back(studio, tmp_path):
    file = tmp_path / "one.png"
    page().save(file)
    project = opened(studio, file)
    studio.set_settings(project, {"stages": {"denoise": True, "color": False}})
    original = np.asarray(page().convert("RGB"))
    clean = made(studio, project)
    # The network of the test halves values in [-1, 1].
    assert np.abs(clean.astype(int) - (original / 2 + 64)).max() <= 1
    outline = [[20, 20], [60, 20], [60, 60], [20, 60]]
    studio.draw(project, "one.png", {"kind": "mask", "shape": "polygon", "outline": outline}, preview=True)
    studio.draw(
        project, "one.png", {"kind": "white", "shape": "stroke", "path": [[90, 120]], "width": 10}, preview=True
    )
    filled = made(studio, project)
    assert (np.abs(filled[30:50, 30:50].astype(int) - 128) <= 1).all() and (filled[120, 90] == 255).all()
    hole = np.asarray(Image.open(BytesIO(studio.mask(project, "one.png")))) > 0
    np.testing.assert_array_equal(filled[~hole], clean[~hole])
    studio.draw(project, "one.png", {"kind": "restore", "path": [[40, 40]], "width": 11}, preview=True)
    restored = made(studio, project)
    np.testing.assert_array_equal(restored[40, 40], original[40, 40])
    np.testing.assert_array_equal(restored[100:], filled[100:])
    # An erased mask leaves nothing behind.
    studio.draw(project, "one.png", {"kind": "mask", "shape": "clear"}, preview=True)
    studio.draw(project, "one.png", {"kind": "white", "shape": "clear"}, preview=True)
    np.testing.assert_array_equal(made(studio, project)[60:], clean[60:])


def test_a_page_without_its_model_says_what_is_missing(library, tools, volume):
    studio = Studio(library, replace(tools, inpaint=None))
    project = opened(studio, volume)
    shape = {"kind": "mask", "shape": "stroke", "path": [[20, 20]], "width": 9}
    studio.draw(project, "001.png", shape, preview=True)
    entry = wait(lambda: next((e for e in [studio.page(project, "001.png")] if e["state"] == "failed"), None))
    assert "--inpaint=RUN" in entry["reason"]
    studio.undo(project, "001.png", redo=False)
    assert wait(lambda: studio.page(project, "001.png")["state"] == "done")
    studio.close()


def test_a_page_in_color_is_kept(studio, tmp_path):
    file = tmp_path / "color.png"
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 255, (12, 9, 3), dtype=np.uint8)).resize((90, 120), 0).save(file)
    project = opened(studio, file)
    studio.worker.look_at(project, "color.png")
    wait(lambda: studio.page(project, "color.png")["state"] == "color")
    assert (stage_of(studio, project, "color.png", "color") == np.asarray(Image.open(file))).all()


def test_sources_are_never_changed_and_a_removed_project_leaves_them(studio, volume):
    before, project = volume.read_bytes(), opened(studio, volume)
    studio.draw(project, "001.png", RED, preview=True)
    studio.start_run(project, None, None)
    wait(lambda: studio.worker.runs[project.id].state == "finished")
    studio.remove(project)
    assert volume.read_bytes() == before and not project.folder.exists() and studio.library.ids == []
    assert [path.name for path in Path(volume.parent).iterdir() if path.name != "projects"] == ["kite.cbz"]


def test_a_source_that_is_gone_or_unreadable_is_said(studio, tmp_path, volume):
    with pytest.raises(ValueError, match="no file or folder"):
        studio.library.open_source(tmp_path / "none.cbz")
    (tmp_path / "bad.cbz").write_bytes(b"no archive")
    with pytest.raises(ValueError, match="no archive"):
        studio.library.open_source(tmp_path / "bad.cbz")
    assert studio.library.ids == []
    project = opened(studio, volume)
    other = Library(studio.library.folder)
    volume.unlink()
    with pytest.raises(ValueError, match="is gone"):
        other.project(project.id)


def test_settings_and_swatches_are_kept_and_checked(studio, volume):
    project = opened(studio, volume)
    studio.set_settings(project, {"palette": ["#ff0000"], "size": 64, "reading": "ltr"})
    project.set_swatches([{"name": "Hair", "color": "#102030", "locked": True}])
    again = Library(studio.library.folder).project(project.id)
    assert again.settings.palette == ("#ff0000",) and again.settings.size == 64
    assert again.swatches == [{"name": "Hair", "color": "#102030", "locked": True}]
    wrong = [
        {"x": 1},
        {"size": 3},
        {"size": True},
        {"palette": "page:none.png"},
        {"palette": [1]},
        {"stages": {"x": 1}},
    ]
    for values in [*wrong, []]:
        with pytest.raises(ValueError):
            studio.set_settings(project, values)
    assert json.loads((project.folder / "project.json").read_text())["settings"]["size"] == 64


def test_a_result_that_lacks_later_edits_is_not_handed_out(studio, volume):
    project = opened(studio, volume)
    studio.start_run(project, None, None)
    wait(lambda: studio.worker.runs[project.id].state == "finished")
    before = studio.finished(project).read_bytes()
    studio.draw(project, "003.png", RED, preview=False)
    assert studio.project(project)["run"]["state"] == "idle"
    with pytest.raises(ValueError, match="run all pages again"):
        studio.finished(project)
    studio.start_run(project, None, None)
    wait(lambda: studio.worker.runs[project.id].state == "finished")
    assert studio.finished(project).read_bytes() != before


def test_thumbnails_follow_the_page(studio, volume):
    project = opened(studio, volume)
    first = studio.thumbnail(project, "001.png")
    assert studio.thumbnail(project, "001.png") == first
    made(studio, project)
    assert studio.thumbnail(project, "001.png") != first
