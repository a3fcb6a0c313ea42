"""The delays on a loop whose clock only the test moves."""

from __future__ import annotations

import pytest

from poolbench.flagserver.options import ServerOptions
from poolbench.flagserver.protocol import LINGER_S, FlagProtocol
from poolbench.flagserver.service import MAX_KNOWN, MAX_KNOWN_BYTES, SAMPLES, Service

REQUEST = b"GET /CN/CN.gif HTTP/1.1\r\n\r\n"


class Timer:
    def __init__(self, when, call):
        self.when, self.call, self.cancelled = when, call, False

    def cancel(self):
        self.cancelled = True


class Loop:
    def __init__(self):
        self.now, self.timers, self.soon = 100.0, [], []

    def time(self):
        return self.now

    def call_at(self, when, call):
        self.timers.append(Timer(when, call))
        return self.timers[-1]

    def call_soon(self, call):
        self.soon.append(call)


class Transport:
    def __init__(self):
        self.sent, self.ended = [], ""

    def write(self, data):
        self.sent.append(data)

    def write_eof(self):
        self.ended = "eof"

    def abort(self):
        self.ended = "abort"


@pytest.fixture
def loop():
    return Loop()


def connect(service):
    protocol, transport = FlagProtocol(service), Transport()
    protocol.connection_made(transport)
    return protocol, transport


def service_of(loop, **options):
    return Service(ServerOptions(**options), {"CN": b"x" * 1000}, loop)


def test_a_timer_that_fires_early_is_set_again(loop):
    protocol, transport = connect(service := service_of(loop, latency_s=0.5))
    protocol.data_received(REQUEST)
    loop.now = 100.499999
    loop.timers[0].call()
    assert transport.sent == []
    assert [timer.when for timer in loop.timers] == [100.5, 100.5]
    loop.now = 100.503
    loop.timers[1].call()
    assert len(transport.sent) == 1
    assert service.stats().excess_max_s == pytest.approx(0.003)


def test_the_link_is_taken_after_the_latency_one_body_after_the_other(loop):
    service = service_of(loop, latency_s=0.5, bandwidth=1000.0)
    sides = [connect(service) for _ in range(2)]
    for protocol, _ in sides:
        protocol.data_received(REQUEST)
    loop.now = 100.6  # late: what the link is asked for counts from when it was due
    for timer in loop.timers[:2]:
        timer.call()
    assert [timer.when for timer in loop.timers[2:]] == [101.5, 102.5]
    loop.now = 102.5
    for timer in loop.timers[2:]:
        timer.call()
    assert all(len(transport.sent) == 1 for _, transport in sides)


def test_one_who_left_between_its_turn_and_its_service_passes_the_place_on(loop):
    service = service_of(loop, latency_s=0.5, concurrency=1)
    (first, _), (second, _), (third, transport) = (connect(service) for _ in range(3))
    for protocol in (first, second, third):
        protocol.data_received(REQUEST)
    first.connection_lost(None)
    assert loop.timers[0].cancelled
    second.connection_lost(None)
    for call in loop.soon:  # grows meanwhile
        call()
    assert service.stats().in_flight == 1
    loop.now = 101.0
    loop.timers[-1].call()
    assert len(transport.sent) == 1
    assert service.stats().in_flight == 0


def test_a_refused_client_is_cut_off_after_a_while(loop):
    protocol, transport = connect(service_of(loop))
    protocol.data_received(b"nonsense\r\n\r\n")
    assert transport.ended == "eof"
    assert loop.timers[0].when == loop.now + LINGER_S
    loop.timers[0].call()
    assert transport.ended == "abort"
    protocol.connection_lost(None)
    protocol.abort()
    protocol.data_received(REQUEST)
    assert len(transport.sent) == 1


def test_nothing_is_said_to_one_who_left_before_the_refusal(loop):
    protocol, transport = connect(service_of(loop, latency_s=0.5))
    protocol.data_received(REQUEST + b"nonsense\r\n\r\n")
    protocol.connection_lost(None)
    protocol.resume_writing()
    assert transport.sent == []


def test_the_samples_are_bounded_and_their_percentiles_in_order(loop):
    service = service_of(loop)
    for each in range(3 * SAMPLES):
        service.note_excess(each / 1000)
    stats = service.stats()
    assert stats.excess_min_s == 2 * SAMPLES / 1000
    assert stats.excess_p50_s == pytest.approx(2.5 * SAMPLES / 1000, abs=0.002)
    assert stats.excess_p99_s == pytest.approx(2.99 * SAMPLES / 1000, abs=0.002)
    assert stats.excess_max_s == (3 * SAMPLES - 1) / 1000


def test_who_only_warms_up_does_not_wait(loop):
    protocol, transport = connect(service_of(loop, latency_s=9, jitter_s=9, error_rate=1.0))
    protocol.data_received(b"GET /CN/CN.gif?warm HTTP/1.1\r\n\r\n")
    assert [each.startswith(b"HTTP/1.1 200 ") for each in transport.sent] == [True]


def test_known_requests_are_bounded(loop):
    protocol, transport = connect(service := service_of(loop, latency_s=0))
    protocol.data_received(REQUEST.replace(b"\r\n", b"\r\nX: " + b"x" * MAX_KNOWN_BYTES + b"\r\n", 1))
    assert service.known == {}
    for task in range(MAX_KNOWN + 10):
        protocol.data_received(b"GET /CN/CN.gif?task=%d HTTP/1.1\r\n\r\n" % task)
    assert len(service.known) == MAX_KNOWN
    assert len(transport.sent) == MAX_KNOWN + 11
