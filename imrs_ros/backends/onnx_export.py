# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
A model as ONNX files, for TensorRT, ONNX Runtime, or anything else that reads them.

``python -m imrs_ros.backends.onnx_export MODEL --out FOLDER`` writes the whole network, for 1 to 8
clips, in float16 and float32, and its parts for streaming; checks them with the ONNX checker and,
by ONNX Runtime, against PyTorch; and prints the line with which ``trtexec`` builds an engine.
Without ``--out`` they are stored beside the model, where the backends ``tensorrt`` and ``onnx``
find them: a robot that has them needs no PyTorch.
"""

import argparse
from functools import partial
from pathlib import Path
import shutil
import sys

from imrs_ros.backends.gpu.presence import require_packages
from imrs_ros.backends.onnx.files import export_onnx, onnx_beside, onnx_values
from imrs_ros.backends.onnx.layout import INPUT, MAX_CLIPS, network_file
from imrs_ros.model_card import InputSpec, ModelCard, ModelCardError
from imrs_ros.model_folders import find_model
from imrs_ros.part_plan import PLAN_FILE

PACKAGES = ('torch', 'onnx', 'onnxscript', 'onnxruntime')


def trtexec_line(spec: InputSpec, folder: Path, model_folder: Path, precision: str) -> str:
    """
    Return the command that builds a TensorRT engine from a network.

    :param spec: its input.
    :param folder: holds the ONNX files.
    :param model_folder: where the backend ``tensorrt`` looks for engines.
    :param precision: of the network.
    :return: a command, to be run on the machine that will run the engine.
    """
    clip = f'{spec.num_frames}x{spec.size_px}x{spec.size_px}x{len(spec.mean)}'
    plan = model_folder / 'tensorrt' / f'{precision}.plan'
    # What TensorRT 11 always does, and 10 if asked.
    return (f'trtexec --onnx={folder / network_file(precision)} --stronglyTyped '
            f'--minShapes={INPUT}:1x{clip} --optShapes={INPUT}:1x{clip} '
            f'--maxShapes={INPUT}:{MAX_CLIPS}x{clip} --saveEngine={plan}')


def check(card: ModelCard, folder: Path) -> bool:
    """
    Compare exported files with PyTorch, and print the result.

    :param card: the model.
    :param folder: holds the ONNX files.
    :return: whether all are within their bounds.
    """
    from imrs_ros.backends.onnx.parity import compare
    from imrs_ros.networks.weights import load_network
    rows = compare(load_network(card), card.spec, folder, card.golden.bound)
    for row in rows:
        print(f'  {row}')
    return all(row.is_within for row in rows)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog='onnx_export', description=(__doc__ or '').strip().splitlines()[0])
    parser.add_argument('model', help='name or folder of a model')
    parser.add_argument('--out', type=Path, help='folder to write (default: beside the model)')
    arguments = parser.parse_args()
    try:
        require_packages(*PACKAGES, requirements='onnx')
        card = ModelCard.load(find_model(arguments.model))
        folder = _write(card, arguments.out)
    except (ModelCardError, OSError, RuntimeError) as error:
        sys.exit(f'onnx_export: {error}')
    print(folder)
    is_right = check(card, folder)
    print('To build an engine with trtexec, on the machine that will run it:')
    print(f'  mkdir -p {card.folder / "tensorrt"}')
    print(f'  {trtexec_line(card.spec, folder, card.folder, "float16")}')
    if not is_right:
        sys.exit('onnx_export: the exported network is not that of PyTorch, see above')


def _write(card: ModelCard, out: Path | None) -> Path:
    cache, values = onnx_beside(card.folder), onnx_values(card)
    if out is None:
        return cache.find(values) or cache.make(values, partial(export_onnx, card))
    found = cache.find(values)
    out.mkdir(parents=True, exist_ok=True)
    if found is None:
        from imrs_ros.backends.onnx.convert import convert
        from imrs_ros.backends.progress import told
        with told(f'exporting {card.name} as ONNX'):
            convert(card, out)
    else:
        for path in (*found.glob('*.onnx'), found / PLAN_FILE):
            shutil.copy(path, out)
    return out


if __name__ == '__main__':
    main()
