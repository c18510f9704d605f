"""A model folder with everything that a published model needs: weights, card, licence and a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mangagan.config import Experiment
from mangagan.data.sources.folders import OWN
from mangagan.pretrained.card import CARD, PICTURE, History, model_card
from mangagan.pretrained.licenses import LICENSE, license_text, weights_license
from mangagan.pretrained.model_folder import DType, save_model
from mangagan.tasks.base import Variables


def publish_model(
    folder: Path,
    experiment: Experiment,
    variables: Variables,
    history: History,
    *,
    dtype: DType = "float32",
    license: str | None = None,
    credits: Sequence[str] = (),
    notes: str = "",
) -> None:
    """Write a model folder with its card, its licence and the picture of its history.

    Args:
        folder: A new or empty folder.
        experiment: The experiment of the model, as its `config.json` shall describe it.
        variables: The variables of its generator.
        history: How the model was trained.
        dtype: How parameters are stored.
        license: The licence of the weights as the Hugging Face Hub names it; None: what follows from the training set.
        credits: Whose pictures it was trained on, with their licences.
        notes: Markdown for the card.
    """
    # Of pictures in a folder only their owner knows the licence; credits are the owner's answer.
    known = [line for line in history.licences if not (credits and line in OWN)]
    history = replace(history, licences=[*known, *credits], notes=notes)
    license = weights_license(license, history.licences)
    name = folder.absolute().name
    files = {
        CARD: model_card(name, experiment, variables, history, dtype=dtype, license=license).encode(),
        LICENSE: license_text(name, license, history.licences).encode(),
        PICTURE: history.picture or b"",
    }
    beside = {file: content for file, content in files.items() if content}
    save_model(folder, experiment, variables, dtype=dtype, beside=beside)
