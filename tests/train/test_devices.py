"""The same losses on one device, on eight, and on two processes of one device."""

import json
import socket

import numpy as np
import pytest

from mangagan.train import devices

SETTINGS = ["data.batch_size=8", "train.steps=3", "train.every_log_steps=1", "train.evaluation_pages=1"]
# A U-Net needs 32 pixels; a ResNet of smaller pictures compiles and runs in half the time.
SIZES = {"pix2pix_manga": [], "cyclegan_manga": ["data.size=16", "data.window=40"]}


def losses(workdir):
    lines = [json.loads(line) for line in (workdir / "metrics.jsonl").read_text().splitlines()]
    return [
        {k: v for k, v in line.items() if k.startswith(("loss/", "gradient/"))}
        for line in lines
        if "loss/generator" in line
    ]


def finish(*processes):
    for process in processes:
        output = process.communicate(timeout=300)[0]
        assert process.returncode == 0, output


@pytest.mark.slow
@pytest.mark.parametrize("name", SIZES)
def test_devices_and_processes_train_to_the_same_losses(name, pages, tmp_path, launch):
    def command(run):
        return [
            "run.py",
            f"--exp={name}:debug",
            *SETTINGS,
            *SIZES[name],
            f"data.source=folder:{pages}",
            f"--workdir={tmp_path / run}",
        ]

    finish(launch(*command("one"), JAX_NUM_CPU_DEVICES="1"))
    finish(launch(*command("eight"), JAX_NUM_CPU_DEVICES="8"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    hosts = [f"--distributed=127.0.0.1:{port},2,{index}" for index in (0, 1)]
    finish(*(launch(*command("two"), host, JAX_NUM_CPU_DEVICES="1") for host in hosts))

    one = losses(tmp_path / "one")
    assert len(one) == 3
    for other in ("eight", "two"):
        for expected, reached in zip(one, losses(tmp_path / other), strict=True):
            assert expected.keys() == reached.keys()
            for key, value in expected.items():
                np.testing.assert_allclose(reached[key], value, rtol=2e-4, err_msg=f"{other}: {key}")


def test_a_batch_that_cannot_be_divided_is_refused_with_a_size_that_can():
    class Mesh:
        size = 8

    with pytest.raises(ValueError, match="data.batch_size=16"):
        devices.check_batch_size(12, Mesh())
