# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Write a model folder: the weights and the card that describes them; without PyTorch."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
import hashlib
import os
from pathlib import Path
from typing import Any

from imrs_ros.atomic_file import replace_file, replace_folder, replace_text
from imrs_ros.golden_clips import digest_of
from imrs_ros.model_card import (
    CARD_FILE, GOLDEN_BOUND, ModelCard, OtherWeights, WEIGHTS_FILE)
from imrs_ros.model_folders import find_model
from imrs_ros.yaml_file import read_yaml
import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file
import yaml

BANK_FILE = 'bank.safetensors'
OWN_FILES = {CARD_FILE, WEIGHTS_FILE, BANK_FILE, 'int8', 'openvino'}
"""What a model folder holds."""
MOST_NAME_BYTES = 200
"""Of a folder: file systems take 255, and it is written under a longer name first."""


@contextmanager
def new_model_folder(out: Path, others: Sequence[OtherWeights] = ()) -> Iterator[Path]:
    """
    Yield a folder to write a model into; it replaces ``out`` once the block has ended.

    :param out: the destination: absent, empty, or an earlier model.
    :param others: other models whose weights the new one uses, beside ``out`` or installed.
    :return: an empty folder with the same name, and the other models beside it.
    :raises FileNotFoundError: when one of the other models is nowhere.
    :raises ValueError: when ``out`` holds anything else, which would be lost.
    """
    out = out.resolve()
    check_out(out)
    missing = [other.model for other in others if not (out.parent / other.model).is_dir()]
    for model in missing:
        find_model(model)
    with replace_folder(out) as new:
        for other in others:
            if other.model not in missing:
                (new.parent / other.model).symlink_to(out.parent / other.model)
        yield new


def check_out(out: Path) -> None:
    """
    Check that a model can be written to a folder, before the work begins.

    :param out: the destination.
    :raises ValueError: when it holds anything but an earlier model.
    :raises OSError: when it cannot be written.
    """
    num_bytes = len(os.fsencode(out.resolve().name))
    if num_bytes > MOST_NAME_BYTES:
        raise ValueError(f'{out.name[:40]}...: expected a folder whose name has at most '
                         f'{MOST_NAME_BYTES} bytes, got {num_bytes}; choose another --out')
    found = sorted({p.name for p in out.iterdir()} - OWN_FILES) if out.is_dir() else []
    if found or out.exists() and not out.is_dir():
        raise ValueError(f'{out}: expected a new folder or an earlier model, got '
                         f'{", ".join(found[:3]) or "a file"}; choose another --out')
    # It is written beside its place, then renamed.
    above = next(p for p in out.resolve().parents if p.exists())
    if not (above.is_dir() and os.access(above, os.W_OK | os.X_OK)):
        raise PermissionError(f'{out}: expected a folder that can be written, got {above}, which '
                              'cannot; choose another --out')


def write_card(
    folder: Path, weights: Mapping[str, NDArray[np.generic]], entries: Mapping[str, Any],
    provenance: Mapping[str, Any],
) -> ModelCard:
    """
    Write ``model.safetensors`` and ``model.yaml``.

    :param folder: created where missing; files of the same name are replaced.
    :param weights: by name.
    :param entries: of the card, but for the SHA-256 of the weights and the provenance.
    :param provenance: plain values, for people to read.
    :return: the card, read back and checked.
    """
    with replace_file(folder / WEIGHTS_FILE) as new:
        save_file({name: np.asarray(array, order='C') for name, array in weights.items()}, new)
    digest = hashlib.sha256((folder / WEIGHTS_FILE).read_bytes()).hexdigest()
    stated = entries.get('weights', {})
    replace_text(folder / CARD_FILE, yaml.safe_dump(_plain({
        **entries, 'weights': {'sha256': digest, **stated}, 'provenance': provenance}),
        sort_keys=False))
    return ModelCard.load(folder)


def write_golden(folder: Path, clips_NTHWC: NDArray[np.uint8], logits_NL: NDArray[np.floating],
                 ) -> ModelCard:
    """
    Write the scores of the golden clips into a card.

    :param folder: a model folder; earlier scores are replaced.
    :param clips_NTHWC: the clips.
    :param logits_NL: their scores.
    :return: the card, read back and checked.
    """
    path = folder / CARD_FILE
    values = read_yaml(path)
    golden = {'bound': GOLDEN_BOUND, 'clips_sha256': digest_of(clips_NTHWC), 'logits': [
        [round(float(logit), 5) for logit in row] for row in logits_NL]}
    provenance = {'provenance': values.pop('provenance', {})}
    replace_text(path, yaml.safe_dump({**values, 'golden': golden, **provenance}, sort_keys=False))
    return ModelCard.load(folder)


def _plain(value: Any) -> Any:
    """Return the value with tuples as lists, for YAML."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
