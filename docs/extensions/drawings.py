# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Put drawings into the page itself.

In the page, a drawing takes the colours of the theme, light or dark, and screen readers find its
title and description. As a file it stands on its own, for readers of the repository.
"""

from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

FOLDER = 'drawings/'


def inline_drawings(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """
    Replace images of drawings by their content.

    :param app: the build.
    :param doctree: the page, which is changed.
    :param docname: its name.
    """
    if app.builder.format != 'html':
        return
    for image in list(doctree.findall(nodes.image)):
        # Where the image is copied to; ``candidates`` has it as written.
        path = image['candidates'].get('*') or image['candidates'].get('image/svg+xml', '')
        if path.startswith(FOLDER):
            text = (Path(app.srcdir) / path).read_text(encoding='utf-8')
            image.replace_self(nodes.raw('', text[text.index('<svg'):], format='html'))


def setup(app: Sphinx) -> dict[str, bool]:
    """
    Register the extension.

    :param app: the build.
    :return: what the extension allows.
    """
    app.connect('doctree-resolved', inline_drawings)
    return {'parallel_read_safe': True, 'parallel_write_safe': True}
