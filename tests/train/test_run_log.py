import json

import numpy as np
import pytest

from mangagan.train.run_log import RunLog

LINES = [json.dumps({"step": step, "loss/l1": step / 10}).encode() + b"\n" for step in (1, 2, 3, 4)]


def continued(folder, content, step):
    (folder / "metrics.jsonl").write_bytes(content)
    log = RunLog(folder, step)
    log.scalars(step + 1, {"loss/l1": 0.5})
    log.close()
    return (folder / "metrics.jsonl").read_bytes().splitlines(keepends=True)


def test_lines_after_the_step_and_a_line_that_a_kill_cut_are_dropped_without_a_word(tmp_path, caplog):
    lines = continued(tmp_path, b"".join(LINES) + b'{"step": 5, "lo', step=2)
    assert lines[:2] == LINES[:2] and [json.loads(line)["step"] for line in lines] == [1, 2, 3]
    assert not caplog.records


@pytest.mark.parametrize("damage", [b"\xff", b"null\n", b'{"step": "x"}\n', b"[" * 5000 + b"\n", b"5\n", b"{}\n"])
def test_damaged_lines_are_left_out_and_said(tmp_path, caplog, damage):
    lines = continued(tmp_path, LINES[0] + damage + b"".join(LINES[1:]), step=4)
    # A byte that is no line of its own damages the line that it stands in.
    kept = LINES if damage.endswith(b"\n") else [LINES[0], *LINES[2:]]
    assert lines[:-1] == kept
    assert f"{tmp_path / 'metrics.jsonl'}: damaged lines are left out, 1 of {len(kept) + 1}" in caplog.text


def test_a_grid_has_a_column_for_each_name(tmp_path):
    log = RunLog(tmp_path, 0)
    pictures = np.zeros((2, 8, 8, 1), np.float32)
    assert log.grid(3, {"input": pictures, "output": pictures}).name == "0000003.png"
    log.close()
