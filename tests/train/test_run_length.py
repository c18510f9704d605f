import pytest

from mangagan.config import Adam, Constant, Cosine, Linear, Step, Train
from mangagan.train.run_length import check_length, describe_new_length, total_steps


def trained(schedule, **length):
    return Train(generator=Adam(schedule), discriminator=Adam(Constant()), **length)


def test_steps_count_before_epochs():
    assert total_steps(Train(epochs=3), 7) == 21 and total_steps(Train(epochs=3, steps=5), 7) == 5


@pytest.mark.parametrize("schedule", [Constant(), Step()])
def test_rates_that_do_not_depend_on_the_length_stay(schedule):
    line = describe_new_length(trained(schedule, steps=4), trained(schedule, steps=8), 7, done=4)
    assert line == "the run now has 8 steps, not 4; its learning rates do not depend on the length"


@pytest.mark.parametrize(
    ("schedule", "rates"), [(Linear(1e-3, hold=0.5), "0.0005 -> 0.001"), (Cosine(1e-3), "0.0005 -> 0.000854")]
)
def test_rates_that_depend_on_the_length_are_said(schedule, rates):
    old, new = trained(schedule, epochs=1), trained(schedule, epochs=2)
    # The rate of step `done`, counted from 0: half of the first length, a quarter of the second.
    steps, done = (3, 2) if isinstance(schedule, Linear) else (4, 2)
    line = describe_new_length(old, new, steps, done)
    assert line.startswith(
        f"the run now has {2 * steps} steps, not {steps}; from step {done} on its learning rates are"
    )
    assert line.endswith(f": generator {rates}")


def test_a_run_of_the_same_length_or_without_steps_says_nothing():
    assert describe_new_length(trained(Linear(), epochs=2), trained(Linear(), steps=14), 7, done=3) is None
    assert describe_new_length(trained(Linear(), steps=4), trained(Linear(), steps=8), 7, done=0) is None


def test_a_run_is_not_cut_below_what_it_has_done(tmp_path):
    check_length(tmp_path, Train(steps=8), 8, done=8)
    with pytest.raises(ValueError, match="has done 9 steps already, more than train.steps=8; set train.steps=9 or"):
        check_length(tmp_path, Train(steps=8), 8, done=9)
    with pytest.raises(ValueError, match="more than train.epochs=2, 6 steps;"):
        check_length(tmp_path, Train(epochs=2), 6, done=9)
