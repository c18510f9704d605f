"""Killed in the middle and started again: the same bytes as of a run in one go."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PROGRAM = """
import signal, sys, time
from pathlib import Path
from mangagan.infer.volume.plan import plan
from mangagan.images.page_file import read_page, write_page
from mangagan.infer.volume.process_volumes import Settings, process_volumes

# Tests in the background of a shell begin with Ctrl-C ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)

class Redden:
    participle, colors = "coloured", True

    def begin_volume(self, title, volume):
        return self

    def decode(self, data, limits, quality):
        return read_page(data, limits, quality)

    def process(self, page):
        print(page.name, flush=True)
        time.sleep(0.1)
        made = page.pixels.copy()
        made[..., 1:] //= 2
        return made

    def encode(self, pixels, envelope):
        return write_page(pixels, envelope)

    def identity(self, page):
        return "model"

jobs = plan([Path(sys.argv[1])], Path(sys.argv[2]), sys.argv[3])
report = process_volumes(jobs, Redden(), Settings("note"))
report.write(Path(sys.argv[4]))
sys.exit(report.exit_code)
"""


def start(book: Path, out: Path, to: str, report: Path) -> subprocess.Popen:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-c", PROGRAM, str(book), str(out), to, str(report)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
@pytest.mark.parametrize("to", ["cbz", "folder"])
def test_a_killed_run_goes_on_to_the_same_bytes(tmp_path, archive, gray_page, to, files):
    kinds = ["PNG", "JPEG", "WEBP"]
    pages = {f"{n}.{kinds[n % 3].lower()}": gray_page(n, kinds[n % 3]) for n in range(10)}
    book = archive(tmp_path / "book.cbz", pages | {"again.png": pages["0.png"]})
    whole = start(book, tmp_path / "whole", to, tmp_path / "whole.json")
    colored = whole.communicate(timeout=120)[0].split()
    assert whole.returncode == 0 and len(colored) == 11
    process = start(book, tmp_path / "out", to, tmp_path / "killed.json")
    assert process.stdout
    done = [process.stdout.readline().strip() for _ in range(4)]
    time.sleep(0.05)
    process.kill()
    process.communicate()
    assert not (tmp_path / "killed.json").exists() and not (tmp_path / "out/book.cbz").exists()
    last = start(book, tmp_path / "out", to, tmp_path / "last.json")
    rest = last.communicate(timeout=120)[0].split()
    assert last.returncode == 0 and len(rest) < 11 and set(done) | set(rest) == set(colored)
    assert files(tmp_path / "out") == files(tmp_path / "whole")
    assert json.loads((tmp_path / "last.json").read_text())["volumes"][0]["counts"] == {"done": 11}


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_ctrl_c_keeps_what_is_finished(tmp_path, archive, gray_page):
    book = archive(tmp_path / "book.cbz", {f"{n}.png": gray_page(n) for n in range(8)})
    process = start(book, tmp_path / "out", "cbz", tmp_path / "report.json")
    assert process.stdout
    for _ in range(3):
        process.stdout.readline()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    report = json.loads((tmp_path / "report.json").read_text())
    assert process.returncode == 130 and report["volumes"][0]["outcome"] == "stopped"
    rest = start(book, tmp_path / "out", "cbz", tmp_path / "report.json")
    assert len(rest.communicate(timeout=60)[0].split()) <= 6 and rest.returncode == 0
