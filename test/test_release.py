# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""What catkin_pkg, and so bloom, reads of the package's metadata."""

import re

import pytest

catkin_package = pytest.importorskip('catkin_pkg.package', reason='needs catkin_pkg')
changelog = pytest.importorskip('catkin_pkg.changelog', reason='needs catkin_pkg and docutils')
tag_changelog = pytest.importorskip('catkin_pkg.cli.tag_changelog', reason='needs catkin_pkg')


@pytest.fixture(scope='module')
def package(root):
    return catkin_package.parse_package(root / 'package.xml')


def test_package_is_complete(package, root):
    warnings = []
    package.validate(warnings)
    assert warnings == []
    assert (package.name, package.get_build_type()) == ('imrs_ros', 'ament_python')
    assert package.authors
    assert package.maintainers
    assert {url.type for url in package.urls} <= {'website', 'repository', 'bugtracker'}
    (licence,) = package.licenses
    assert licence == 'Apache-2.0'
    assert 'Apache License' in (root / licence.file).read_text()


# catkin_pkg calls what docutils calls obsolete.
@pytest.mark.filterwarnings('ignore::DeprecationWarning')
def test_a_release_can_be_made_of_the_changelog(package, root):
    """As ``catkin_prepare_release`` does: what is forthcoming becomes this version."""
    text = (root / 'CHANGELOG.rst').read_text()
    label = tag_changelog.get_forthcoming_label(text)
    if label:
        text = tag_changelog.rename_section(
            text, label, f'{package.version} (2026-01-01)')
    log = changelog.populate_changelog_from_rst(changelog.Changelog(package.name), text)
    version, date, content = next(log.foreach_version())
    assert version == package.version
    assert date is not None
    assert len(content[0].bullets) > 10


def test_the_quality_declaration_tells_version_and_level(package, root):
    text = (root / 'QUALITY_DECLARATION.md').read_text()
    assert '**Quality Level 4**' in text
    is_stable = int(package.version.split('.')[0]) >= 1
    assert (f'**gap**: {package.version}' in text) is not is_stable
    # Every part of REP-2004.
    assert re.findall(r'^\| \*\*(\d) ', text, re.MULTILINE) == list('1234567')
