"""Volumes that end early, by faults, Ctrl-C or a full disk, and go on where they were."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from mangagan.infer.volume import journal as work
from mangagan.infer.volume import page_stages as stages
from mangagan.infer.volume import process_volumes as volume
from mangagan.infer.volume import sinks


def test_faulty_pages_do_not_cost_the_others(
    tmp_path, run, archive, gray_page, redden, outcomes, files, members, is_red
):
    def color(page):
        if page.name == "4.png":
            raise RuntimeError("out of memory")
        return redden(page)[:-1] if page.name == "5.png" else redden(page)

    pages = {f"{n}.png": gray_page(n) for n in range(1, 6)} | {"2.png": gray_page(2)[:-80], "../6.png": gray_page(6)}
    pages["3.png"] = gray_page(size=(400, 300))
    file = archive(tmp_path / "b.cbz", pages)
    report = run(file, tmp_path / "out", color=color, limits=stages.Limits(pixels=100_000))
    assert outcomes(report) == {
        "1.png": "done",
        "2.png": "copied",
        "3.png": "copied",
        "4.png": "failed",
        "5.png": "failed",
        "../6.png": "left out",
    }
    made = members(tmp_path / "out/b.cbz")
    assert list(made) == ["1.png", "2.png", "3.png", "4.png", "5.png", "ComicInfo.xml"]
    assert is_red(made["1.png"]) and all(made[f"{n}.png"] == pages[f"{n}.png"] for n in range(2, 6))
    assert report.exit_code == 1
    assert any("4.png: failed: RuntimeError: out of memory" in line for line in report.lines())
    # What failed is tried again, and only that.
    seen = []
    again = run(file, tmp_path / "out", color=lambda page: (seen.append(page.name), redden(page))[1])
    assert sorted(seen) == ["3.png", "4.png", "5.png"] and outcomes(again)["4.png"] == "done"
    assert is_red(members(tmp_path / "out/b.cbz")["4.png"]) and list(files(tmp_path / "out")) == ["b.cbz"]


def test_pages_that_failed_are_missing_in_a_folder_until_they_do_not(tmp_path, run, book, redden, files):
    def color(page):
        if page.name == "p2.png":
            raise ValueError("not today")
        return redden(page)

    report = run(book, tmp_path / "out", to="folder", color=color)
    assert "p2.png" not in files(tmp_path / "out") and report.exit_code == 1
    report = run(book, tmp_path / "out", to="folder")
    assert list(files(tmp_path / "out")) == ["a.txt", "p10.png", "p2.png", "sub/p1.jpg"] and report.exit_code == 0


def test_no_space_left(tmp_path, run, book, redden, monkeypatch):
    real, room = Path.write_bytes, [3]

    def write_bytes(path, data):
        if path.suffix == ".part" and room[0] == 0:
            real(path, data[:5])
            raise OSError(errno.ENOSPC, "No space left on device")
        room[0] -= path.suffix == ".part"
        return real(path, data)

    monkeypatch.setattr(Path, "write_bytes", write_bytes)
    report = run(book, tmp_path / "out", workers=1)
    assert report.exit_code == 1 and "no space is left" in report.stopped and report.volumes[0].outcome == "stopped"
    assert not (tmp_path / "out/book.cbz").exists() and not list(tmp_path.rglob("*.part"))
    monkeypatch.undo()
    seen = []
    report = run(book, tmp_path / "out", color=lambda page: (seen.append(page.name), redden(page))[1])
    assert seen == ["p2.png", "sub/p1.jpg"] and report.exit_code == 0
    run(book, tmp_path / "whole")
    assert (tmp_path / "out/book.cbz").read_bytes() == (tmp_path / "whole/book.cbz").read_bytes()


def test_no_space_left_while_packing(tmp_path, run, book, monkeypatch, files):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(sinks.zipfile.ZipFile, "writestr", full)
    report = run(book, tmp_path / "out")
    assert "no space is left" in report.stopped and list(files(tmp_path / "out")) != []
    assert not (tmp_path / "out/book.cbz").exists() and not list(tmp_path.rglob("volume"))
    monkeypatch.undo()
    assert run(book, tmp_path / "out").exit_code == 0 and list(files(tmp_path / "out")) == ["book.cbz"]


def test_ctrl_c_and_again(tmp_path, run, book, redden, outcomes):
    def color(page):
        if page.name == "sub/p1.jpg":
            raise KeyboardInterrupt
        return redden(page)

    report = run(book, tmp_path / "out", color=color)
    assert report.exit_code == 130 and "run it again" in report.stopped
    seen = []
    report = run(book, tmp_path / "out", color=lambda page: (seen.append(page.name), redden(page))[1])
    assert "p10.png" not in seen and report.exit_code == 0 and set(outcomes(report).values()) == {"done"}


@pytest.mark.parametrize("to", ["cbz", "folder"])
@pytest.mark.parametrize("change", ["page", "identity", "quality"])
def test_finished_pages_count_only_for_what_they_were_made_of(
    tmp_path, run, archive, gray_page, redden, change, to, outcomes, files
):
    pages = {"1.png": gray_page(1), "2.png": gray_page(2)}
    file = archive(tmp_path / "b.cbz", pages)

    def color(page):
        if page.name == "2.png":
            raise KeyboardInterrupt
        return redden(page)

    run(file, tmp_path / "out", to, color=color, workers=1)
    changed = {"identity": {"identity": lambda volume, page: f"{volume}/{page}"}, "page": {}}
    changed["quality"] = {"quality": stages.Quality(jpeg=90)}
    if change == "page":
        archive(file, pages | {"1.png": gray_page(3)})
    seen = []
    again = {"color": lambda page: (seen.append(page.name), redden(page)[..., ::-1])[1]} | changed[change]
    assert outcomes(run(file, tmp_path / "out", to, **again)) == {"1.png": "done", "2.png": "done"}
    assert seen == ["1.png", "2.png"]
    run(file, tmp_path / "whole", to, **again)
    assert files(tmp_path / "out") == files(tmp_path / "whole")


@pytest.mark.parametrize("to", ["cbz", "folder"])
def test_stopped_at_any_write_it_goes_on_to_the_same_bytes(
    tmp_path, run, archive, gray_page, monkeypatch, to, outcomes, files
):
    sizes = "".join(f'<Page Image="{n}" ImageSize="1"/>' for n in range(2))
    info = f"<ComicInfo><Pages>{sizes}</Pages></ComicInfo>".encode()
    members = {"1.png": gray_page(1), "2.gif": gray_page(2, "GIF"), "a.txt": b"x", "ComicInfo.xml": info}
    book = archive(tmp_path / "book.cbz", members)
    writes, real = [0], work.write_atomically

    def write_atomically(*arguments):
        writes[0] -= 1
        if writes[0] == 0:
            raise KeyboardInterrupt
        real(*arguments)

    monkeypatch.setattr(work, "write_atomically", write_atomically)
    whole = run(book, tmp_path / "whole", to, workers=1)
    for number in range(1, 1 - writes[0]):
        writes[0] = number
        assert run(book, tmp_path / f"out{number}", to, workers=1).exit_code == 130
        report = run(book, tmp_path / f"out{number}", to, workers=1)
        assert report.exit_code == 0 and outcomes(report) == outcomes(whole)
        assert files(tmp_path / f"out{number}") == files(tmp_path / "whole")


def test_a_page_that_is_called_otherwise_by_now_is_made_anew(tmp_path, run, gray_page, redden, files):
    def color(page):
        if page.name == "2.png":
            raise ValueError("not today")
        return redden(page)

    (tmp_path / "in").mkdir()
    for name, kind in (("1.gif", "GIF"), ("2.png", "PNG")):
        (tmp_path / "in" / name).write_bytes(gray_page(3, kind))
    run(tmp_path / "in", tmp_path / "out", color=color)
    (tmp_path / "in/1.png").write_bytes(gray_page(4))
    run(tmp_path / "in", tmp_path / "out")
    run(tmp_path / "in", tmp_path / "whole")
    assert list(files(tmp_path / "out")) == ["1.gif.png", "1.png", "2.png"]
    assert files(tmp_path / "out") == files(tmp_path / "whole")


def test_a_volume_that_another_process_has_just_finished_stays(
    tmp_path, run, book, redden, monkeypatch, files, members, is_red
):
    def late(folder):
        monkeypatch.undo()
        assert run(book, tmp_path / "out", color=lambda page: redden(page)[..., ::-1]).exit_code == 0
        return work.work_folder(folder)

    monkeypatch.setattr(volume, "work_folder", late)
    report = run(book, tmp_path / "out")
    assert report.volumes[0].outcome == "exists" and report.volumes[0].pages == []
    assert not is_red(members(tmp_path / "out/book.cbz")["p2.png"]) and len(files(tmp_path / "out")) == 1


def test_work_is_removed_while_it_is_held(tmp_path, run, book, monkeypatch):
    def clear_work(folder):
        with pytest.raises(BlockingIOError), work.work_folder(folder):
            pass
        work.clear_work(folder)

    monkeypatch.setattr(volume, "clear_work", clear_work)
    assert run(book, tmp_path / "out").exit_code == 0
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["book.cbz"]


def test_another_process_at_work(tmp_path, run, book):
    with work.work_folder(tmp_path / "out/.book.cbz.coloring"):
        report = run(book, tmp_path / "out")
    assert report.volumes[0].outcome == "failed" and "another process" in report.volumes[0].reason
