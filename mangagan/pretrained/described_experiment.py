"""An experiment from its description in a file, within bounds: its numbers, and the layers of its networks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import flax.linen as nn

from mangagan.config import Experiment
from mangagan.overrides import describe, override
from mangagan.pretrained.config_limits import check_sizes
from mangagan.tasks.paired import Paired

# Calls of layers while a task's networks are traced: the built-in experiments have up to 165. Each takes about three
# milliseconds, and counts of layers within their own bounds multiply.
_MOST_LAYERS = 1000
# "unet_1024" needs such pages. Pages are padded to it, so that more would cost gigabytes for any page.
_MOST_MULTIPLE = 1024


def experiment_of(description: Mapping[str, Any]) -> Experiment:
    """Return the experiment that a description stands for.

    Args:
        description: Keys and values as `mangagan.overrides.describe` returns them, from a file of any origin.

    Raises:
        ValueError: A key or a value is unknown, or too large for any experiment.
    """
    check_sizes(description)
    try:
        # The task is replaced by the one that the description names.
        experiment = override(Experiment(task=Paired()), description)
    except ValueError:
        raise
    except Exception as error:  # paths of a user's own code, and values that no class expects
        raise ValueError(f"it describes no experiment: {type(error).__name__}: {str(error)[:200]}") from error
    # Texts become numbers, too.
    check_sizes(describe(experiment))
    return experiment


@contextmanager
def bounded_networks(experiment: Experiment) -> Iterator[None]:
    """Check an experiment's sizes, and count the layers of all networks that are traced meanwhile.

    Args:
        experiment: The experiment.

    Raises:
        ValueError: The sizes are too large, or there are too many layers.
    """
    check_sizes(describe(experiment))
    multiple = getattr(experiment.task.generator, "multiple", 1)
    if multiple > _MOST_MULTIPLE:
        # The number itself may have many digits.
        raise ValueError(f"task.generator halves pages too often: their sides are multiples of over {_MOST_MULTIPLE}")
    left = _MOST_LAYERS

    def count(method: Any, arguments: Any, options: Any, _: nn.module.InterceptorContext) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise ValueError(f"the networks have more than {_MOST_LAYERS} layers")
        return method(*arguments, **options)

    with nn.intercept_methods(count):
        yield
