"""What the train steps make of pictures beside their networks, in plain PyTorch: Lab, hints, regions."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from mangagan.tasks.color_spaces import RGB, Space
from mangagan.tasks.hints import HintSampling

_XYZ_FROM_RGB = (
    (0.412453 / 0.95047, 0.357580 / 0.95047, 0.180423 / 0.95047),
    (0.212671, 0.715160, 0.072169),
    (0.019334 / 1.08883, 0.119193 / 1.08883, 0.950227 / 1.08883),
)


def source_of(space: Space, gray: Tensor) -> Tensor:
    """What a generator sees of a grey picture [b 1 h w] in [-1, 1]."""
    return gray if isinstance(space, RGB) else _lab(gray.expand(-1, 3, -1, -1))[:, :1] / 50 - 1


def target_of(space: Space, rgb: Tensor) -> Tensor:
    """What it should paint for a picture [b 3 h w] in [-1, 1]."""
    return rgb if isinstance(space, RGB) else _lab(rgb)[:, 1:] / 110


def picture_of(space: Space, source: Tensor, painted: Tensor) -> Tensor:
    """The picture in [-1, 1] that what it painted stands for, next to what it saw."""
    if isinstance(space, RGB):
        return painted
    y = (50 * source + 66) / 116
    a, b = (110 * painted).split(1, 1)
    f = torch.cat([y + a / 500, y, y - b / 200], 1)
    xyz = torch.where(f > 0.2068966, f**3, (f - 16 / 116) / 7.787)
    linear = _mixed(torch.linalg.inv(xyz.new_tensor(_XYZ_FROM_RGB)), xyz)
    curved = 1.055 * linear.clamp(min=0.0031308) ** (1 / 2.4) - 0.055
    return 2 * torch.where(linear > 0.0031308, curved, 12.92 * linear).clamp(0, 1) - 1


def _lab(rgb: Tensor) -> Tensor:
    """CIE Lab (D65) of pictures in [-1, 1]."""
    rgb = (rgb + 1) / 2
    linear = torch.where(rgb > 0.04045, ((rgb + 0.055) / 1.055) ** 2.4, rgb / 12.92)
    xyz = _mixed(rgb.new_tensor(_XYZ_FROM_RGB), linear)
    x, y, z = torch.where(xyz > 0.008856, xyz.clamp(min=0.008856) ** (1 / 3), 7.787 * xyz + 16 / 116).split(1, 1)
    return torch.cat([116 * y - 16, 500 * (x - y), 200 * (y - z)], 1)


def _mixed(matrix: Tensor, pictures: Tensor) -> Tensor:
    return torch.einsum("ij,bjhw->bihw", matrix, pictures)


def random_hints(ab: Tensor, sampling: HintSampling) -> Tensor:
    """Means of ab [b 2 h w] over random squares and their mask, [b 3 h w]; later squares lie on earlier ones."""
    b, _, height, width = ab.shape
    # 1 up to the first "stop", 0 from there on.
    shown = (torch.rand(b, sampling.most, device=ab.device) >= sampling.stop).cumprod(1)
    sides = torch.randint(1, min(sampling.patch, height, width) + 1, shown.shape, device=ab.device) * shown
    # Square 0 is empty: it lies under the others, and pixels that no other covers show it.
    sides = F.pad(sides, (1, 0))
    rows, columns = (_inside(sides, length, sampling.uniform) for length in (height, width))
    inside = rows[..., :, None] * columns[..., None, :]
    means = torch.einsum("bnhw,bchw->bnc", inside, ab) / (sides**2).clamp(min=1)[..., None]
    order = torch.arange(sampling.most + 1, device=ab.device)[:, None, None]
    top = (inside * order).amax(1).long().flatten(1)
    colors = means.gather(1, top[..., None].expand(-1, -1, 2)).mT
    return torch.cat([colors, (top > 0)[:, None]], 1).unflatten(2, (height, width))


def _inside(sides: Tensor, length: int, uniform: bool) -> Tensor:
    """1 where a row or column lies within its square, placed at random along `length` pixels, [b n length]."""
    share = (torch.rand if uniform else torch.randn)(sides.shape, device=sides.device)
    share = share if uniform else 0.5 + 0.25 * share
    room = length - sides
    starts = (share * (room + 1)).floor().long().clamp(min=0).minimum(room)[..., None]
    places = torch.arange(length, device=sides.device)
    return ((places >= starts) & (places < starts + sides[..., None])).float()


def outlines(instances: Tensor) -> Tensor:
    """1 where a pixel's instance [b h w] is not that of all its four neighbours, else 0, [b 1 h w]."""
    down = (instances[:, 1:] != instances[:, :-1]).float()
    across = (instances[:, :, 1:] != instances[:, :, :-1]).float()
    sides = F.pad(down, (0, 0, 1, 0)) + F.pad(down, (0, 0, 0, 1)) + F.pad(across, (1, 0)) + F.pad(across, (0, 1))
    return (sides > 0).float()[:, None]


def instance_means(features: Tensor, instances: Tensor, count: int) -> Tensor:
    """features [b c h w] with every pixel's replaced by their mean over its instance (0 to `count` - 1)."""
    values = features.flatten(2)
    index = instances.flatten(1)[:, None].expand_as(values)
    empty = values.new_zeros(*values.shape[:2], count)
    sums, pixels = empty.scatter_add(2, index, values), empty.scatter_add(2, index, torch.ones_like(values))
    return (sums / pixels.clamp(min=1)).gather(2, index).view_as(features)
