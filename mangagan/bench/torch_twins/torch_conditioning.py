"""The conditioning of generators in PyTorch: sampled colour hints, instance edges and instance features."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from mangagan.tasks.hints import HintSampling


def random_hints(ab: Tensor, sampling: HintSampling) -> Tensor:
    """Sample colour hints: random squares that show the mean of their true colours.

    Args:
        ab: The true colours [b 2 h w], in the numbers of `generator_target`.
        sampling: The number, size and distribution of the squares.

    Returns:
        [b 3 h w]: ab of the hints (0 elsewhere) and their mask (1 or 0). Later squares cover earlier ones.
    """
    b, _, height, width = ab.shape
    # 1 up to the first draw that stops, 0 from there on: their number has a geometric distribution.
    shown = (torch.rand(b, sampling.max_count, device=ab.device) >= sampling.stop).cumprod(1)
    sides = torch.randint(1, min(sampling.max_side, height, width) + 1, shown.shape, device=ab.device) * shown
    # Square 0 is empty and lies below all others, so that it stands for pixels that no square covers.
    sides = F.pad(sides, (1, 0))
    rows, columns = (_inside(sides, length, sampling.uniform) for length in (height, width))
    inside = rows[..., :, None] * columns[..., None, :]
    means = torch.einsum("bnhw,bchw->bnc", inside, ab) / (sides**2).clamp(min=1)[..., None]
    order = torch.arange(sampling.max_count + 1, device=ab.device)[:, None, None]
    top = (inside * order).amax(1).long().flatten(1)
    colors = means.gather(1, top[..., None].expand(-1, -1, 2)).mT
    return torch.cat([colors, (top > 0)[:, None]], 1).unflatten(2, (height, width))


def _inside(sides: Tensor, length: int, uniform: bool) -> Tensor:
    """Place squares at random along `length` pixels; return [b n length], 1 inside each square and 0 elsewhere."""
    position = (torch.rand if uniform else torch.randn)(sides.shape, device=sides.device)
    # Not uniform means near the middle, as in richzhang/colorization-pytorch.
    position = position if uniform else 0.5 + 0.25 * position
    room = length - sides
    starts = (position * (room + 1)).floor().long().clamp(min=0).minimum(room)[..., None]
    pixels = torch.arange(length, device=sides.device)
    return ((pixels >= starts) & (pixels < starts + sides[..., None])).float()


def instance_edges(instances: Tensor) -> Tensor:
    """Return the boundaries of instances.

    Args:
        instances: The instance number of each pixel, [b h w].

    Returns:
        [b 1 h w], 1 where one of the four neighbours of a pixel has another number, else 0.
    """
    down = (instances[:, 1:] != instances[:, :-1]).float()
    across = (instances[:, :, 1:] != instances[:, :, :-1]).float()
    sides = F.pad(down, (0, 0, 1, 0)) + F.pad(down, (0, 0, 0, 1)) + F.pad(across, (1, 0)) + F.pad(across, (0, 1))
    return (sides > 0).float()[:, None]


def instance_means(features: Tensor, instances: Tensor, count: int) -> Tensor:
    """Replace the features of each pixel by their mean over its instance.

    Args:
        features: [b c h w].
        instances: The instance number of each pixel, [b h w], from 0 to `count` - 1.
        count: The number of instances.

    Returns:
        [b c h w].
    """
    values = features.flatten(2)
    index = instances.flatten(1)[:, None].expand_as(values)
    empty = values.new_zeros(*values.shape[:2], count)
    sums, pixels = empty.scatter_add(2, index, values), empty.scatter_add(2, index, torch.ones_like(values))
    return (sums / pixels.clamp(min=1)).gather(2, index).view_as(features)
