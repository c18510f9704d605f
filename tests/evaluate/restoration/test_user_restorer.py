"""An inpainting task of a user's own, without stages."""

from types import SimpleNamespace

import numpy as np
from PIL import Image

from mangagan.evaluate.restoration.restoration import CleanPictures, InpaintingProtocol, evaluate_inpainter


def test_a_task_without_stages_is_evaluated_by_its_prediction(tmp_path):
    Image.fromarray(np.full((32, 32, 3), 128, np.uint8)).save(tmp_path / "1.png")
    experiment = SimpleNamespace(task=SimpleNamespace(predict=lambda variables, batch: batch["input"] * 0))
    result = evaluate_inpainter("mine", experiment, {}, InpaintingProtocol(CleanPictures(tmp_path, size=32)))
    assert {page.metrics["psnr"] for page in result.pages} == {100.0}
    assert list(result.baselines) == ["mean color", "biharmonic", "smooth"]
