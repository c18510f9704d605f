import pytest

from mangagan.train.workdir import check_data, record_start


def test_a_run_is_continued_only_with_the_pages_that_it_was_trained_on(tmp_path):
    check_data(tmp_path, "a1")  # nothing is known yet
    record_start(tmp_path, "a1", 0)
    with (tmp_path / "environment.jsonl").open("a") as lines:
        lines.write('{"time": "cut sho')
    check_data(tmp_path, "a1")
    with pytest.raises(ValueError, match="was a1 and is now b2"):
        check_data(tmp_path, "b2")
