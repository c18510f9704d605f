import pytest

from mangagan.train.run_environment import record_start, recorded_crop


def test_the_crop_of_the_last_start_is_found(tmp_path):
    assert recorded_crop(tmp_path) is None
    record_start(tmp_path, "a1", 0)
    assert recorded_crop(tmp_path) is None
    for crop in (300, 256):
        record_start(tmp_path, "a1", 0, {"used": 5, "total": 10, "crop": crop})
    assert recorded_crop(tmp_path) == 256


@pytest.mark.parametrize("line", ['{"pages": 3}', '{"pages": {"crop": "x"}}', '{"pages": {"crop": -1}}', "null", "{"])
def test_a_damaged_note_says_nothing(tmp_path, line):
    (tmp_path / "environment.jsonl").write_text(line + "\n")
    assert recorded_crop(tmp_path) is None
