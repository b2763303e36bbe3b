# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Updates of browsers: what is newest when they ask, and nothing while they do not."""

from concurrent.futures import Future
from contextlib import ExitStack
import json
from pathlib import Path
import threading
from types import SimpleNamespace

from imrs_ros.view.live_state import Picture
from imrs_ros.view.node_link import NodeLink
import pytest
from view_updates import receive_update

KEY = '/recognizer/front'


@pytest.fixture
def view(start_view):
    """Return a view that knows of a camera, whatever is on the graph."""
    view = start_view()
    view.watcher.find = lambda: {'/recognizer': ['front']}
    view.state.see_nodes({'/recognizer': ['front']})
    return view


def take(view, number):
    view.state.take_picture('/recognizer', 'front', Picture(b'%d' % number, 640, 480))


def test_a_browser_that_is_slow_gets_the_newest_picture_only(view):
    with view.connect() as socket:
        take(view, 1)
        state, pictures = receive_update(socket)
        assert pictures == {KEY: ({'camera': KEY, 'width': 640, 'height': 480}, b'1')}
        assert state['nodes'][0]['cameras'][0]['name'] == 'front'
        for number in range(2, 50):
            take(view, number)
        _, pictures = receive_update(socket)
        assert pictures[KEY][1] == b'49'
        _, pictures = receive_update(socket)
        assert not pictures


def test_nothing_is_sent_unasked(view):
    with view.connect() as socket:
        receive_update(socket)
        for number in range(5):
            take(view, number)
        with pytest.raises(TimeoutError):
            socket.recv(timeout=0.5)


def test_everyone_gets_pictures_and_the_last_to_leave_ends_the_watch(graph, view):
    assert not view.server.is_watched()
    take(view, 1)
    with view.connect() as first, view.connect() as second:
        for socket in (first, second):
            assert receive_update(socket)[1][KEY][1] == b'1'
        assert view.server.is_watched()
    graph.wait(lambda: not view.server.is_watched())


def test_who_does_not_ask_does_not_look(graph, view, monkeypatch):
    monkeypatch.setattr('imrs_ros.view.viewers.LOOKING_SEC', 0.2)
    with view.connect() as socket:
        receive_update(socket)
        graph.wait(lambda: not view.server.is_watched())
        receive_update(socket)
        assert view.server.is_watched()


def test_too_many_are_refused(view):
    from imrs_ros.view.viewers import MAX_VIEWERS
    from websockets.exceptions import ConnectionClosed
    with ExitStack() as sockets:
        for _ in range(MAX_VIEWERS):
            sockets.enter_context(view.connect())
        with pytest.raises(ConnectionClosed) as caught, view.connect() as socket:
            socket.recv(timeout=30)
    assert caught.value.rcvd.code == 1013
    assert caught.value.rcvd.reason == f'{MAX_VIEWERS} browsers are connected already'


class SlowLink:
    """A recognizer that answers when it may."""

    def __init__(self):
        self.name, self.asked, self.may_answer = '/recognizer', [], threading.Event()

    def ask(self, service, request):
        answer = Future()
        self.asked.append(service)

        def run():
            self.may_answer.wait(60)
            answer.set_running_or_notify_cancel()
            answer.set_result(SimpleNamespace(
                success=True, current_state=SimpleNamespace(label='unconfigured')))
        threading.Thread(target=run).start()
        return answer


@pytest.fixture
def link(view):
    link = SlowLink()
    view.server._commands._link = lambda name: link
    yield link
    link.may_answer.set()


START = '{"type":"do","id":%d,"command":"start","node":"/recognizer"}'


def test_what_was_begun_is_done_though_the_page_is_reloaded(graph, view, link):
    with view.connect() as socket:
        socket.send(START % 1)
        graph.wait(lambda: link.asked)
    graph.wait(lambda: not view.server._viewers._asked_sec)
    link.may_answer.set()
    graph.wait(lambda: link.asked == [
        'get_state', 'change_state', 'get_state', 'change_state', 'get_state'])
    graph.wait(lambda: not view.server._viewers._doing)


def test_one_request_too_many_is_answered(view, link):
    from imrs_ros.view.viewers import MAX_DOING
    with view.connect() as socket:
        # Of these, all but the first are refused at once, and are no longer open.
        view.server._viewers._answer = lambda message: view.server._commands._state_of(link)
        for number in range(MAX_DOING + 1):
            socket.send(START % number)
        reply = json.loads(socket.recv(timeout=30))
        assert (reply['id'], reply['ok']) == (MAX_DOING, False)
        assert reply['text'].startswith('busy')
        link.may_answer.set()
        assert {json.loads(socket.recv(timeout=30))['id'] for _ in range(MAX_DOING)} == set(
            range(MAX_DOING))


def test_a_browser_that_asks_and_goes_leaves_ros_alive(graph, start_view):
    from lifecycle_msgs.srv import GetState
    view = start_view()
    link = NodeLink(view.node, view.state, '/nobody')
    ticks = []
    view.node.create_timer(0.01, lambda: ticks.append(1))
    executor = view.node.executor
    held = []
    # It has gone when its turn comes.
    link._node = SimpleNamespace(executor=SimpleNamespace(create_task=held.append))
    assert link.ask('get_state', GetState.Request()).cancel()
    executor.create_task(held[0])
    answer = link.ask('get_state', GetState.Request())
    executor.create_task(held[1])
    with pytest.raises(RuntimeError, match='does not offer get_state'):
        answer.result(30)
    number = len(ticks)
    graph.wait(lambda: len(ticks) > number)
    link._node = view.node


def test_examples_that_cannot_be_read_stop_no_page(view, options, monkeypatch):
    options.examples.mkdir()

    def refuse(folder):
        raise PermissionError(13, 'Permission denied', str(folder))
    monkeypatch.setattr(Path, 'iterdir', refuse)
    with view.connect() as socket:
        state, _ = receive_update(socket)
    assert state['examples'] == {}
    assert 'Permission denied' in state['examples_problem']


def test_an_update_that_cannot_be_made_ends_the_connection(view):
    from websockets.exceptions import ConnectionClosed
    view.server._viewers._more = lambda: {'number': float('nan')}
    with pytest.raises(ConnectionClosed), view.connect() as socket:
        receive_update(socket)


@pytest.mark.parametrize(('message', 'words'), [
    ('"command":"format"', 'expected one of start, stop, set'),
    ('"command":"stop","node":"/nobody"', '/nobody is not running; start it first'),
    ('"command":"set","node":""', 'node: expected 1 to 200 characters'),
    ('"command":"capture","node":"/recognizer","camera":"front","label":"a","seconds":1,"count":1',
     'the topic of the camera is not known yet'),
    ('"command":"teach","node":"/recognizer","name":"../x"', 'it names a folder'),
    ('"command":"teach","node":"/recognizer","name":"x"', 'expected examples of an action'),
    ('"command":"use","node":"/recognizer"', 'no model was taught')])
def test_what_cannot_be_done_is_told(view, message, words):
    with view.connect() as socket:
        socket.send('{"type":"do","id":7,' + message + '}')
        reply = socket.recv(timeout=30)
    assert '"ok": false' in reply
    assert '"id": 7' in reply
    assert words in reply
