import jax
import jax.numpy as jnp
import numpy as np
import pytest

from mangagan.models.resnet import ResNet
from mangagan.models.unet import UNet
from mangagan.tasks.base import Variables
from mangagan.tasks.paired import Paired
from mangagan.tasks.unpaired import Unpaired

UNET = UNet(levels=3, features=4)


def generator_of(task, size=32):
    batch = {"input": jnp.zeros((1, size, size, 1)), "target": jnp.zeros((1, size, size, 3))}
    return jax.jit(task.init)(jax.random.key(0), batch).generator


def predict(task, variables, inputs):
    return jax.jit(task.predict)(variables, {"input": inputs})


@pytest.mark.parametrize("task", [Paired(generator=UNET), Unpaired(generator=ResNet(blocks=1, features=4))])
@pytest.mark.parametrize("size", [(32, 32), (33, 7), (1, 1), (40, 21)])
def test_predictions_have_the_size_of_their_input(task, size):
    picture = predict(task, generator_of(task), jnp.zeros((2, *size, 1)))
    assert picture.shape == (2, *size, 3)
    assert np.isfinite(picture).all() and abs(picture).max() <= 1


def test_padding_changes_no_pixel_of_a_picture_that_fits():
    task, inputs = (
        Paired(generator=UNET, batch_stats_at_test=False),
        jax.random.uniform(jax.random.key(1), (1, 16, 24, 1)),
    )
    variables = generator_of(task)
    collections = {"params": variables.params, "batch_stats": variables.stats}
    direct = jax.jit(lambda x: UNET.apply(collections, x, train=False))(inputs)
    np.testing.assert_array_equal(predict(task, variables, inputs), direct)


def test_with_batch_statistics_at_test_a_picture_does_not_depend_on_the_batch():
    task, inputs = (
        Paired(generator=UNET, batch_stats_at_test=True),
        jax.random.uniform(jax.random.key(1), (3, 16, 16, 1)),
    )
    variables = generator_of(task)
    together = predict(task, variables, inputs)
    alone = jnp.concatenate([predict(task, variables, picture[None]) for picture in inputs])
    np.testing.assert_allclose(together, alone, atol=1e-5)
    # The running statistics play no part.
    moved = Variables(variables.params, jax.tree.map(lambda leaf: leaf + 1, variables.stats))
    np.testing.assert_array_equal(predict(task, moved, inputs), together)


def test_prediction_is_deterministic():
    task, inputs = Paired(generator=UNet(levels=6, features=4, dropout=0.5)), jnp.ones((1, 64, 64, 1))
    variables = generator_of(task, 64)
    np.testing.assert_array_equal(predict(task, variables, inputs), predict(task, variables, inputs))
