# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Make links of the repository links of the site.

A link that leaves the folder of the pages, such as ``../config/x.xml``, becomes plain text: the
site holds no sources, and the repository has no address that a link could lead to. A link that is
called after the file of a page is called after its title.
"""

from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

OUTSIDE = '../'


class SourceLinks(SphinxTransform):
    """Runs before Sphinx looks for the files."""

    default_priority = 5

    def apply(self, **options: Any) -> None:
        """
        Change the page.

        :param options: not used.
        """
        for kind in (addnodes.download_reference, addnodes.pending_xref, nodes.reference):
            for link in list(self.document.findall(kind)):
                target = link.get('reftarget') or link.get('refuri') or ''
                if target.startswith(OUTSIDE):
                    # The text of the link is the name of the file.
                    link.replace_self(
                        nodes.inline('', '', *link.children, classes=['source-file']))


def name_pages(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """
    Call links after the pages that they lead to.

    :param app: the build.
    :param doctree: the page, which is changed.
    :param docname: its name.
    """
    for link in doctree.findall(nodes.reference):
        text = link.astext()
        page = text.removeprefix('docs/').removesuffix('.md')
        if text.endswith('.md') and page in app.env.titles:
            link.children = [nodes.inline('', app.env.titles[page].astext())]


def setup(app: Sphinx) -> dict[str, bool]:
    """
    Register the extension.

    :param app: the build.
    :return: what the extension allows.
    """
    app.add_transform(SourceLinks)
    app.connect('doctree-resolved', name_pages)
    return {'parallel_read_safe': True, 'parallel_write_safe': True}
