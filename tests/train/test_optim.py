import numpy as np
import pytest

from mangagan.config import Adam, Constant, Cosine, Linear, Step
from mangagan.train.optim import build_optimizer, build_schedule


@pytest.mark.parametrize(
    "schedule, expected",
    [
        (Constant(0.5), {0: 0.5, 99: 0.5}),
        # 50 held steps, then 50 that fall: the factor of the reference, 1 - (t + 1 - 50) / 51.
        (Linear(1.0, hold=0.5), {0: 1, 49: 1, 50: 50 / 51, 98: 2 / 51, 99: 1 / 51}),
        (Linear(1.0, hold=1.0), {0: 1, 99: 1}),
        (Step(1.0, factor=0.1, every_epochs=3), {0: 1, 29: 1, 30: 0.1, 59: 0.1, 60: 0.01, 99: 0.001}),
        (Cosine(1.0), {0: 1, 50: 0.5, 25: (1 + np.cos(np.pi / 4)) / 2}),
    ],
)
def test_rates_follow_their_schedule(schedule, expected):
    rate = build_schedule(schedule, total_steps=100, steps_per_epoch=10)
    for step, value in expected.items():
        np.testing.assert_allclose(rate(step), value, rtol=1e-5, atol=1e-7)


def test_adam_equals_its_formula():
    optimizer = build_optimizer(Adam(Linear(0.1, hold=0.5), beta1=0.5, beta2=0.9, epsilon=1e-8), 4, 4)
    weight, state, mean, square = 1.0, None, 0.0, 0.0
    state = optimizer.init(np.float32(weight))
    for step, gradient in enumerate((0.3, -0.2, 0.5, 0.1)):
        update, state = optimizer.update(np.float32(gradient), state)
        mean, square = 0.5 * mean + 0.5 * gradient, 0.9 * square + 0.1 * gradient**2
        rate = 0.1 * (1, 1, 2 / 3, 1 / 3)[step]
        mean_hat, square_hat = mean / (1 - 0.5 ** (step + 1)), square / (1 - 0.9 ** (step + 1))
        np.testing.assert_allclose(update, -rate * mean_hat / (np.sqrt(square_hat) + 1e-8), rtol=1e-5)
