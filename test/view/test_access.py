# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Which requests are answered: not those of pages of other sites, whatever name they use."""

from contextlib import suppress
from http.client import HTTPConnection

from imrs_ros.local_pages.access import Access
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

PAGE = {'origin': 'http://localhost:8080', 'host': 'localhost:8080'}


@pytest.mark.parametrize(('host', 'is_answered'), [
    ('localhost', True), ('localhost:9000', True), ('127.0.0.1:8080', True), ('[::1]:8080', True),
    ('LOCALHOST', True), ('evil.example', False), ('localhost.evil.example:8080', False),
    ('192.168.1.7:8080', False), ('', False), ('127.0.0.1.evil.example', False),
    ('[::1', False), ('localhost@evil.example', False)])
def test_hosts_of_a_server_for_this_machine(host, is_answered):
    assert (not Access('127.0.0.1').problem({'host': host})) is is_answered


@pytest.mark.parametrize(('host', 'is_answered'), [
    ('192.168.1.7:8080', True), ('localhost:8080', True), ('evil.example:8080', False)])
def test_hosts_of_a_server_for_other_machines(host, is_answered):
    # An address cannot be another site's name.
    assert (not Access('0.0.0.0').problem({'host': host})) is is_answered


@pytest.mark.parametrize(('headers', 'words'), [
    (PAGE, ''), ({**PAGE, 'origin': 'https://localhost:8080'}, ''),
    ({**PAGE, 'origin': 'http://evil.example'}, "got one of 'evil.example'"),
    ({**PAGE, 'origin': 'http://localhost:9999'}, "got one of 'localhost:9999'"),
    ({**PAGE, 'origin': 'null'}, 'expected a page of this server'),
    ({**PAGE, 'origin': 'file://'}, 'expected a page of this server'),
    ({'host': 'localhost:8080'}, 'expected a page of this server')])
def test_origins_of_sockets(headers, words):
    problem = Access('127.0.0.1').socket_problem(headers)
    assert words in problem
    assert bool(words) == bool(problem)


@pytest.mark.parametrize(('method', 'mode', 'is_answered'), [
    ('GET', 'navigate', True), ('GET', 'cors', False), ('GET', 'no-cors', False),
    ('POST', 'navigate', False)])
def test_another_site_may_link_to_the_page_and_no_more(method, mode, is_answered):
    headers = {'host': 'localhost:8080', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': mode}
    assert (not Access('127.0.0.1').request_problem(method, headers)) is is_answered


def test_other_machines_need_the_token():
    access = Access('0.0.0.0')
    assert len(access.token) > 16
    assert access.token != Access('0.0.0.0').token
    assert not access.token_problem(f'token={access.token}')
    for query in ('', 'token=', 'token=guess', 'token=%ff'):
        assert 'expected the token' in access.token_problem(query)
    assert not Access('127.0.0.1').token
    assert not Access('127.0.0.1').token_problem('')


def request(view, path='/', host=None):
    connection = HTTPConnection(view.host, timeout=30)
    connection.request('GET', path, headers={'Host': host or view.host})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


def test_pages_come_with_a_policy_that_keeps_everything_here(start_view):
    view = start_view()
    for path in ('/', '/static/main.js', '/static/view.css'):
        answer, body = request(view, path)
        assert answer.status == 200
        policy = answer.headers['content-security-policy']
        assert "default-src 'none'" in policy
        assert 'unsafe' not in policy
        assert answer.headers['x-content-type-options'] == 'nosniff'
        assert b'http://' not in body.replace(b'http://www.w3.org/2000/svg', b'')
        assert b'https://' not in body
    assert request(view, '/docs')[0].status == 404
    assert request(view, '/static/../server.py')[0].status == 404
    assert request(view, '/static/%2e%2e/server.py')[0].status == 404


def test_foreign_names_and_pages_are_refused(start_view):
    view = start_view()
    answer, body = request(view, host='evil.example')
    assert answer.status == 403
    assert b'expected this machine as Host' in body
    for origin in ('http://evil.example', None):
        with pytest.raises(InvalidStatus), view.connect(origin=origin):
            pass
    with view.connect() as socket:
        socket.ping()


def test_a_page_with_a_wrong_token_is_told_why(start_view):
    view = start_view(host='0.0.0.0')
    with pytest.raises(ConnectionClosed) as caught, connect(
            f'ws://127.0.0.1:{view.port}/live?token=guess',
            origin=f'http://127.0.0.1:{view.port}') as socket:
        socket.recv(timeout=30)
    assert caught.value.rcvd.code == 1008
    assert caught.value.rcvd.reason == 'expected the token of the address that was printed'
    with pytest.raises(InvalidStatus), connect(
            f'ws://127.0.0.1:{view.port}/live?token=guess', origin='http://evil.example'):
        pass


@pytest.mark.parametrize('text', ['{', '[]', '7', '"next"', '{"type":"do"}', '{"type":[]}',
                                  '{"type":"do","command":["x"]}', 'x' * 20_000])
def test_nonsense_ends_at_most_its_own_connection(start_view, text):
    view = start_view()
    with suppress(Exception), view.connect() as socket:
        socket.send(text)
        socket.recv(timeout=1)
    with view.connect() as socket:
        socket.send('{"type":"next"}')
        assert '"type":"state"' in socket.recv(timeout=30)
