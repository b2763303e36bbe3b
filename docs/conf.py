# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Settings of the documentation site: `make docs`, or rosdoc2 (see ``rosdoc2.yaml``)."""

from importlib.util import find_spec
from pathlib import Path
import sys
import xml.etree.ElementTree as ElementTree

from sphinx.ext.autodoc.mock import _MockObject

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(HERE / 'extensions'))

project = 'imrs_ros'
author = 'imrs_ros maintainers'
project_copyright = f'2026, {author}. Apache-2.0'
# rosdoc2 copies this folder elsewhere; it states the version, and finds the package, itself.
if (ROOT / 'package.xml').is_file():
    sys.path.insert(0, str(ROOT))
    release = version = ElementTree.parse(ROOT / 'package.xml').getroot().findtext('version')

extensions = ['myst_parser', 'sphinx.ext.autodoc', 'drawings', 'source_links']
source_suffix = {'.md': 'markdown', '.rst': 'restructuredtext'}
# Files that rosdoc2 writes into its copy of this folder.
exclude_patterns = ['index.rst', '__*.rst', 'README.md', 'CHANGELOG.rst', 'CONTRIBUTING.md']
nitpicky = True
# Nothing of other projects can be looked up without a network; of this one, everything must be.
nitpick_ignore_regex = [('py:.*', r'(?!imrs_ros\.).*')]

myst_heading_anchors = 4
highlight_language = 'none'

# Whatever this machine lacks of these; the pages need their signatures alone.
autodoc_mock_imports = [name for name in (
    'av', 'backports', 'cv2', 'dask', 'joblib', 'lz4', 'numpy', 'openvino', 'optuna', 'psutil',
    'rosbags', 'safetensors', 'scipy', 'sklearn', 'threadpoolctl', 'torch', 'tqdm', 'yaml')
    if find_spec(name) is None]
if 'rosbags' in autodoc_mock_imports:
    # It extends a dictionary of rosbags, which a mock does not have.
    autodoc_mock_imports.append('imrs_ros.evaluation.recordings.tolerant_rosbags')
# When modules are imported, they join types (``NDArray[np.float32] | None``), and compute tables.
for operator in ('or', 'ror', 'neg', 'add', 'radd', 'sub', 'rsub', 'mul', 'rmul', 'truediv',
                 'rtruediv', 'pow', 'rpow', 'setitem'):
    setattr(_MockObject, f'__{operator}__', lambda self, *_: self)
autodoc_member_order = 'bysource'
autoclass_content = 'both'
autodoc_typehints_format = 'short'
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 80
add_module_names = False
toc_object_entries_show_parents = 'hide'

html_theme = 'furo'
html_title = f'imrs_ros {release}' if 'release' in globals() else project
html_static_path = ['static']
html_css_files = ['site.css']
html_js_files = [('copy.js', {'defer': 'defer'})]
html_favicon = 'static/mark.svg'
html_logo = 'static/mark.svg'
html_copy_source = False
html_domain_indices = False
html_show_sourcelink = False
html_theme_options = {
    'top_of_page_buttons': [],
    'light_css_variables': {
        'color-brand-primary': '#1d63c4', 'color-brand-content': '#1d63c4',
        'color-brand-visited': '#1d63c4'},
    'dark_css_variables': {
        'color-brand-primary': '#7eb0ff', 'color-brand-content': '#7eb0ff',
        'color-brand-visited': '#7eb0ff'},
}
rosdoc2_settings = {'override_theme': False, 'allow_other_extensions': True}
