# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
All commands of the package: ``python -m imrs_ros COMMAND``, or ``imrs_ros COMMAND`` after pip.

Without a command, or with the arguments that launch adds for ROS, it is the node's process. On a
robot each command is a program of its own: ``ros2 run imrs_ros COMMAND``.
"""

from importlib import import_module
import re
import sys

from imrs_ros.node.shutdown import run_process

NODE = 'recognizer'
EVALUATION = 'imrs_ros.evaluation.command'
COMMANDS = {
    NODE: ('imrs_ros.__main__:main', 'the node: cameras in, actions out'),
    'person_finder': ('imrs_ros.person_finder.__main__:main',
                      'a second node: cameras in, people out'),
    'view': ('imrs_ros.view.command:main', 'show live what the node sees and decides'),
    'demo': ('imrs_ros.demo.demo:main', 'play video to the node, and print its labels'),
    'capture': ('imrs_ros.capture.command:main', 'record examples of an action from a camera'),
    'teach': ('imrs_ros.teaching.command:main', 'teach a model new actions from a few clips'),
    'evaluate_bag': (f'{EVALUATION}:evaluate_bag', 'measure accuracy and delay on recordings'),
    'annotate': (f'{EVALUATION}:annotate', 'annotate recordings in the browser'),
    'annotate_template': (f'{EVALUATION}:annotate_template', 'write an empty annotation file'),
    'make_bag': (f'{EVALUATION}:make_bag', 'create a recording from videos'),
    'play_bag': (f'{EVALUATION}:play_bag', 'publish a recording'),
    'record_live': (f'{EVALUATION}:record_live', 'record what the node publishes, and report it'),
    'compare_reports': (f'{EVALUATION}:compare_reports', 'compare two reports'),
    'tune_decisions': (f'{EVALUATION}:tune_decisions',
                       'tune the decision parameters on annotated recordings'),
    'react': ('imrs_ros.examples.react:main', 'example: start and stop with an action'),
    'turn_to': ('imrs_ros.examples.turn_to:main', 'example: turn to whoever starts an action'),
}
"""Function and purpose of every command. A test holds that setup.py installs the same."""
ROS_PACKAGES = re.compile(r'rclpy|launch\w*|ament_\w+|\w+_(msgs|interfaces)')


def main(args: list[str] | None = None) -> None:
    """
    Run the node until SIGINT or SIGTERM.

    :param args: command line; default that of the process.
    """
    def run() -> None:
        from imrs_ros.node.entities import run_node
        from imrs_ros.node.recognizer_node import RecognizerNode
        run_node(RecognizerNode, args)
    run_process(run)


def run_command() -> None:
    """Run the command that the process was started with; exits with its status."""
    command, is_given = NODE, len(sys.argv) > 1
    if is_given and sys.argv[1] in ('-h', '--help'):
        print(_help())
        return
    if is_given and not sys.argv[1].startswith('-'):
        command = sys.argv.pop(1)
    if command not in COMMANDS:
        sys.exit(f'imrs_ros: expected one of the commands below, got {command!r}\n\n{_help()}')
    module, _, function = COMMANDS[command][0].partition(':')
    try:
        getattr(import_module(module), function)()
    except ModuleNotFoundError as error:
        if (error.name or 'imrs_ros').split('.')[0] == 'imrs_ros':
            raise
        sys.exit(f'{command}: {error}; {_advice(str(error.name))}')


def _help() -> str:
    lines = '\n'.join(f'  {name:18} {purpose}' for name, (_, purpose) in COMMANDS.items())
    return ('usage: imrs_ros [COMMAND] [ARGUMENT ...]\n\n'
            'Human action recognition for ROS 2. "imrs_ros COMMAND --help" describes a command; '
            f'without one, the node starts.\n\n{lines}')


def _advice(package: str) -> str:
    if ROS_PACKAGES.fullmatch(package.split('.')[0]):
        return 'it comes with ROS 2: source its setup file first'
    return "install it by: pip install 'imrs_ros[runtime,evaluation,people,view]'"


if __name__ == '__main__':
    run_command()
