from mangagan.sweep.job_log import last_lines, log_file


def test_the_last_lines_leave_out_progress_bars(tmp_path):
    file = log_file(tmp_path, "001-base-seed0")
    file.parent.mkdir()
    bars = " 10%|█         | 4/40 [00:01<00:09,  3.9image/s]\r 20%|██        | 8/40 [00:02<00:08, 3.9image/s]\r"
    file.write_text(f"first\n{bars}step 2: CIEDE2000 9.1\n\npages: 3page [00:01,  2.2page/s]\nerror: the end\n")
    assert last_lines(file, 3) == "step 2: CIEDE2000 9.1\npages: 3page [00:01,  2.2page/s]\nerror: the end"
    assert last_lines(file, 1) == "error: the end"


def test_a_long_log_is_read_from_its_end_whatever_its_bytes(tmp_path):
    file = tmp_path / "log"
    file.write_bytes(b"x" * 2**20 + b"\n\xff broken\nlast\n")
    assert last_lines(file, 2) == "\ufffd broken\nlast"


def test_without_a_log_there_is_nothing_to_tell(tmp_path):
    assert last_lines(tmp_path / "none") == ""
