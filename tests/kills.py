"""Commands that are killed at random moments, whose unfinished work is damaged, and that must end with the same bytes.

    python tests/kills.py --model=RUN --restorer=RUN --colour=50 --train=20

`--model` is a colouriser, `--restorer` a denoiser: small ones start fast. Each round starts a command in a new output,
kills it with SIGKILL between one and all of the seconds that it takes, swaps or cuts a page of its journal in every
second round, and starts it again until it ends.
"""

from __future__ import annotations

import argparse
import io
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from hashlib import sha256
from pathlib import Path

import numpy as np
from PIL import Image

MANGAGAN = (sys.executable, "-c", "import sys; from mangagan.cli import main; sys.exit(main())")


def page(seed: int, kind: str = "PNG") -> bytes:
    """Return the file of a page of grey blocks."""
    blocks = np.random.default_rng(seed).integers(0, 256, (9, 6), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(blocks).resize((240, 360), Image.Resampling.NEAREST).save(file, kind)
    return file.getvalue()


def write_inputs(folder: Path, pages: int) -> dict[str, Path]:
    """Write a folder, a CBZ and a PDF of the same pages."""
    (folder / "pages").mkdir()
    kinds = ("PNG", "JPEG", "WEBP")
    for number in range(pages):
        kind = kinds[number % 3]
        (folder / "pages" / f"{number}.{kind.lower()}").write_bytes(page(number, kind))
    with zipfile.ZipFile(folder / "book.cbz", "w") as archive:
        for file in sorted((folder / "pages").iterdir()):
            archive.write(file, file.name)
    drawn = [Image.open(io.BytesIO(page(number))) for number in range(pages)]
    drawn[0].save(folder / "book.pdf", save_all=True, append_images=drawn[1:])
    return {"folder": folder / "pages", "cbz": folder / "book.cbz", "pdf": folder / "book.pdf"}


def content(path: Path) -> dict[str, bytes]:
    """Return the files below a folder, or the file itself, by their names."""
    if path.is_file():
        return {"": path.read_bytes()}
    return {file.relative_to(path).as_posix(): file.read_bytes() for file in path.rglob("*") if file.is_file()}


def run_killed(command: list[str], seconds: float) -> bool:
    """Run a command and kill it after some seconds; return whether it had ended before."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        process.wait(seconds)
        return True
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
        return False


def damage(folder: Path, rng: random.Random) -> str:
    """Cut a finished page of a journal, or swap two; return what was done."""
    pages = [file for work in folder.rglob(".*.coloring") for file in work.iterdir() if len(file.name) == 64]
    pages = [file for file in pages if file.stat().st_size > 100]
    if not pages:
        return "nothing to damage"
    one = rng.choice(pages)
    if rng.random() < 0.5 or len(pages) == 1:
        one.write_bytes(one.read_bytes()[: rng.randrange(one.stat().st_size)])
        return "cut a page"
    other = rng.choice([file for file in pages if file != one])
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)
    return "swapped two pages"


def colour_rounds(folder: Path, model: str, restorer: str, rounds: int, rng: random.Random) -> int:
    """Kill colouring and restoration; return the number of rounds whose result differs."""
    inputs, wrong = write_inputs(folder, 24), 0
    commands = {name: ["colorize", f"--checkpoint={model}", str(path)] for name, path in inputs.items()}
    commands["restore"] = ["restore", "--task=denoise", f"--checkpoint={restorer}", str(inputs["folder"])]
    whole: dict[str, tuple[dict[str, bytes], float]] = {}
    for name, command in commands.items():
        output = folder / f"whole-{name}"
        for _ in range(2):  # the second time is without compilation
            shutil.rmtree(output, ignore_errors=True)
            start = time.monotonic()
            subprocess.run([*MANGAGAN, *command, f"--output={output}"], check=True, capture_output=True)
        whole[name] = content(output), time.monotonic() - start
    for number in range(rounds):
        name = list(commands)[number % len(commands)]
        expected, seconds = whole[name]
        output = folder / "out"
        shutil.rmtree(output, ignore_errors=True)
        command = [*MANGAGAN, *commands[name], f"--output={output}"]
        done, kills, damaged = False, 0, ""
        while not done and kills < 4:
            done = run_killed(command, rng.uniform(0.5 * seconds, 1.02 * seconds))
            kills += not done
            if not done and number % 2:
                damaged = damage(output, rng) if output.exists() else ""
        last = subprocess.run(command, capture_output=True, text=True)
        same = content(output) == expected
        wrong += not same or last.returncode != 0
        print(f"{number}: {name}: {kills} kills, {damaged or 'no damage'}: {'same' if same else 'DIFFERS'}", flush=True)
    return wrong


def train_rounds(folder: Path, rounds: int, rng: random.Random) -> int:
    """Kill trainings; return the number of rounds whose weights differ."""
    command = [*MANGAGAN, "train", "--exp=pix2pix_manga:debug", "data.source=comics:6", "train.steps=8"]
    command += ["train.every_checkpoint_steps=2", f"--workdir={folder / 'whole'}"]
    for _ in range(2):  # the second time is without compilation
        shutil.rmtree(folder / "whole", ignore_errors=True)
        start = time.monotonic()
        subprocess.run(command, check=True, capture_output=True)
    expected, wrong, seconds = weights(folder / "whole"), 0, time.monotonic() - start
    for number in range(rounds):
        workdir = folder / f"run-{number}"
        command[-1] = f"--workdir={workdir}"
        done, kills = False, 0
        while not done and kills < 3:
            done = run_killed(command, rng.uniform(0.4 * seconds, 0.95 * seconds))
            kills += not done
        subprocess.run(command, check=True, capture_output=True)
        same = weights(workdir) == expected
        wrong += not same
        print(f"{number}: train: {kills} kills: {'same' if same else 'DIFFERS'}", flush=True)
        shutil.rmtree(workdir)
    return wrong


def weights(workdir: Path) -> str:
    """Return a hash of a run's final weights, the averaged generator's."""
    import jax
    import numpy

    from mangagan.train.load import load_trained

    _, variables = load_trained(workdir)
    arrays = [numpy.asarray(leaf).tobytes() for leaf in jax.tree.leaves((variables.params, variables.stats))]
    return sha256(b"".join(arrays)).hexdigest()


def main() -> int:
    """Run the command and return its exit code: 1 if a round ended with other bytes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True)
    parser.add_argument("--restorer", required=True)
    parser.add_argument("--colour", type=int, default=50)
    parser.add_argument("--train", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "train").mkdir()
        wrong = (
            colour_rounds(Path(folder), options.model, options.restorer, options.colour, rng) if options.colour else 0
        )
        wrong += train_rounds(Path(folder) / "train", options.train, rng) if options.train else 0
    print(f"{options.colour} rounds of colouring and restoration, {options.train} of training: {wrong} wrong")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
