"""A server that is killed in the middle of a run: a new one finishes with the same bytes."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from mangagan.studio.library import Library
from mangagan.studio.studio import Studio
from tests.studio.conftest import wait

ROOT = Path(__file__).parents[2]
# Each page takes a while, so that the kill meets any part of the work.
SCRIPT = """
import sys, time
sys.path.insert(0, sys.argv[1])
from dataclasses import replace
from pathlib import Path
from mangagan.studio.library import Library
from mangagan.studio.studio import Studio
from tests.studio.conftest import few_lines, paint

def slow(maps):
    time.sleep(0.15)
    return paint(maps)

tools = few_lines()
network = replace(tools.color.network, predict=slow)
studio = Studio(Library(Path(sys.argv[2])), replace(tools, color=replace(tools.color, network=network)))
project = studio.library.open_source(Path(sys.argv[3]))
studio.start_run(project, None, None)
print("started", flush=True)
while studio.worker.runs[project.id].state == "running":
    time.sleep(0.01)
time.sleep(60)
"""


def finish(folder, volume, tools):
    studio = Studio(Library(folder), tools)
    project = studio.library.open_source(volume)
    studio.start_run(project, None, None)
    wait(lambda: studio.worker.runs[project.id].state == "finished")
    content = studio.finished(project).read_bytes()
    studio.close()
    return content


def test_a_killed_server_loses_nothing(tmp_path, volume, tools):
    whole, rng = finish(tmp_path / "whole", volume, tools), random.Random(0)
    for number in range(3):
        folder = tmp_path / f"killed{number}"
        command = [sys.executable, "-c", SCRIPT, str(ROOT), str(folder), str(volume)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert process.stdout.readline() == b"started\n"
        time.sleep(rng.uniform(0.05, 1.0))
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert finish(folder, volume, tools) == whole
