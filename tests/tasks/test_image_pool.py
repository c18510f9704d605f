import jax
import jax.numpy as jnp
import numpy as np

from mangagan.tasks import image_pool as pool


def by_the_book(stored, places, pictures, swaps, slots):
    """CycleGAN's rule in plain Python."""
    shown = []
    for picture, swap, slot in zip(pictures, swaps, slots, strict=True):
        if len(stored) < places:
            stored.append(picture)
            shown.append(picture)
        elif swap:
            shown.append(stored[slot])
            stored[slot] = picture
        else:
            shown.append(picture)
    return shown


def test_the_pool_stores_and_returns_pictures_by_the_rule():
    places, stored = 5, []
    state = pool.empty(places, jnp.zeros((3, 1, 1, 1)))
    exchange = jax.jit(pool.exchange)
    for step in range(20):
        fresh = jnp.arange(step * 3, step * 3 + 3, dtype=jnp.float32).reshape(3, 1, 1, 1)
        key = jax.random.fold_in(jax.random.key(0), step)
        swaps_key, slots_key = jax.random.split(key)
        swaps = jax.random.bernoulli(swaps_key, shape=(3,))
        slots = jax.random.randint(slots_key, (3,), 0, places)
        expected = by_the_book(stored, places, fresh.ravel().tolist(), swaps.tolist(), slots.tolist())
        state, shown = exchange(state, fresh, key)
        assert shown.ravel().tolist() == expected
        assert state.pictures.ravel().tolist()[: len(stored)] == stored
        assert int(state.filled) == len(stored)


def test_about_half_of_the_pictures_come_from_a_full_pool():
    state = pool.Pool(jnp.full((4, 1, 1, 1), -1.0), jnp.array(4))
    _, shown = pool.exchange(state, jnp.arange(400.0).reshape(400, 1, 1, 1), jax.random.key(3))
    fresh = np.mean(shown.ravel() == np.arange(400))
    assert 0.4 < fresh < 0.6


def test_a_pool_without_slots_returns_its_input():
    fresh = jnp.ones((2, 4, 4, 3))
    _, shown = pool.exchange(pool.empty(0, fresh), fresh, jax.random.key(0))
    assert (shown == fresh).all()
