# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

r"""
List what torch-tensorrt can convert, from its wheel, without importing or installing it.

    pip download --no-deps torch-tensorrt==2.13.0 --dest /tmp/wheel
    python test/backends/gpu/list_converters.py /tmp/wheel/torch_tensorrt-*.whl \
        > test/backends/gpu/torch_tensorrt_converters.txt
"""

import ast
from pathlib import Path
import sys
from zipfile import ZipFile

CONVERSION, REGISTER = 'torch_tensorrt/dynamo/conversion/', 'dynamo_tensorrt_converter'
GROUPS = 'torch_tensorrt/dynamo/lowering/_decomposition_groups.py'
SETS = {'torch_enabled_decompositions': 'decomposed', 'torch_disabled_decompositions': 'kept'}


def name_of(node):
    return ast.unparse(node).removeprefix('torch.ops.')


def converters(tree):
    """Yield operators and whether their converter takes dynamic shapes."""
    for call in (item for item in ast.walk(tree) if isinstance(item, ast.Call)):
        if isinstance(call.func, ast.Name) and call.func.id == REGISTER and call.args:
            options = {word.arg: ast.unparse(word.value) for word in call.keywords}
            dynamic = options.get('supports_dynamic_shapes') == 'True'
            yield name_of(call.args[0]), 'dynamic' if dynamic else 'static'


def decompositions(tree):
    """Yield operators decomposed before conversion, or kept although PyTorch would not."""
    for item in (item for item in ast.walk(tree) if isinstance(item, ast.AnnAssign)):
        if isinstance(item.target, ast.Name) and item.target.id in SETS:
            for operator in item.value.elts:
                yield name_of(operator), SETS[item.target.id]


def main():
    wheel = Path(sys.argv[1])
    found = set()
    with ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.startswith(CONVERSION) and name.count('/') == 3 and name.endswith('.py'):
                found |= set(converters(ast.parse(archive.read(name))))
        found |= set(decompositions(ast.parse(archive.read(GROUPS))))
    print(f'# {wheel.name}, by test/backends/list_converters.py')
    print('\n'.join(' '.join(row) for row in sorted(found)))


if __name__ == '__main__':
    main()
