from __future__ import annotations

import asyncio
import socket
import time
from hashlib import blake2b

import pytest

from poolbench.flagserver.options import ServerOptions
from poolbench.flagserver.protocol import MAX_PIPELINED, MAX_REQUEST, FlagProtocol
from poolbench.flagserver.service import Service

CN = "/CN/CN.gif"


def request(path=CN, headers=b""):
    return b"GET " + path.encode() + b" HTTP/1.1\r\nHost: x\r\n" + headers + b"\r\n"


def test_two_requests_over_one_connection_in_either_case(visit, flags):
    async def story(site):
        client = await site.connect()
        for path in (CN, "/cn/cn.gif"):
            status, headers, body = await client.get(path)
            assert (status, body) == (200, flags["CN"])
            assert headers["content-type"] == "image/gif"
            assert headers["connection"] == "keep-alive"

    visit(story)


def test_pipelined_requests_are_answered_in_order(visit, flags):
    async def story(site):
        client = await site.connect()
        await client.send(b"".join(request(f"/{cc}/{cc}.gif") for cc in ("US", "CN", "IN")) + request("/nothing"))
        answers = [await client.answer() for _ in range(4)]
        assert [body for status, _, body in answers if status == 200] == [flags[cc] for cc in ("US", "CN", "IN")]
        assert answers[3][0] == 404

    visit(story, latency_s=0.001, jitter_s=0.01)


def test_very_many_pipelined_requests_pause_the_reading_and_are_all_answered(visit, flags):
    count = 40 * MAX_PIPELINED

    async def story(site):
        client = await site.connect()
        sending = asyncio.create_task(client.send(request() * count))
        for _ in range(count):
            assert (await client.answer())[2] == flags["CN"]
        await sending

    visit(story, latency_s=1e-6)


def test_a_reader_that_is_slow_holds_the_server_back_and_gets_everything(visit, flags):
    count = 3000

    async def story(site):
        client = await site.connect()
        sending = asyncio.create_task(client.send(request() * count))
        await asyncio.sleep(0.2)
        assert (await site.json("/stats"))["requests"] < count
        for _ in range(count):
            assert (await client.answer())[2] == flags["CN"]
        await sending

    visit(story)


def test_a_request_in_small_pieces(visit, flags):
    async def story(site):
        client = await site.connect()
        for byte in request(CN + "?task=1"):
            await client.send(bytes([byte]))
            await asyncio.sleep(0)
        assert (await client.answer())[2] == flags["CN"]

    visit(story)


def test_head_has_the_length_but_no_body(visit, flags):
    async def story(site):
        client = await site.connect()
        status, headers, _ = await client.get(CN, method="HEAD")
        assert (status, int(headers["content-length"])) == (200, len(flags["CN"]))
        assert (await client.get(CN))[2] == flags["CN"]

    visit(story)


@pytest.mark.parametrize(
    ("path", "method", "expected"),
    [
        ("/CN/IN.gif", "GET", 404), ("/", "GET", 404), ("/nothing", "HEAD", 404), (CN, "DELETE", 405),
        ("/stats", "OPTIONS", 405), (CN + "?task=x", "GET", 400), (CN + "?task=-1", "GET", 400),
        (CN + "?task=", "GET", 400),
        (CN + "?task=" + "9" * 19, "GET", 400), (CN + "?other=1", "GET", 200), (CN + "?task=17", "GET", 200),
    ],
)  # fmt: skip
def test_status(visit, path, method, expected):
    async def story(site):
        client = await site.connect()
        status, headers, _ = await client.get(path, method=method)
        assert status == expected
        assert ("allow" in headers) == (expected == 405)
        assert (await client.get(CN))[0] == 200  # the connection is kept

    visit(story)


@pytest.mark.parametrize(
    ("version", "headers", "kept"),
    [
        ("1.1", "", True),
        ("1.1", "Connection: close\r\n", False),
        ("1.0", "", False),
        ("1.0", "Connection: keep-alive\r\n", True),
    ],
)
def test_when_the_connection_is_kept(visit, version, headers, kept):
    async def story(site):
        client = await site.connect()
        status, received, _ = await client.get(CN, version, headers=headers)
        assert status == 200
        assert received["connection"] == ("keep-alive" if kept else "close")
        if kept:
            assert (await client.get(CN))[0] == 200
        else:
            assert await client.rest() == b""

    visit(story)


def test_an_offer_to_change_the_protocol_is_declined(visit, flags):
    offer = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAM\r\n"

    async def story(site):
        client = await site.connect()
        await client.send(request(headers=offer) + request("/IN/IN.gif"))
        assert [(await client.answer())[2] for _ in range(2)] == [flags["CN"], flags["IN"]]
        await client.send(request(headers=offer))
        assert (await client.answer())[2] == flags["CN"]

    visit(story)


def test_garbage_is_refused_after_what_came_before_it(visit, flags):
    async def story(site):
        client = await site.connect()
        await client.send(request() + b"\x00\x01garbage\r\n\r\n")
        assert (await client.answer())[2] == flags["CN"]
        status, headers, _ = await client.answer()
        assert (status, headers["connection"]) == (400, "close")
        await client.send(request())  # discarded
        assert await client.rest() == b""

    visit(story, latency_s=0.01)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET / HTTP/1.1\r\nX: " + b"x" * (MAX_REQUEST + 1), 431),
        (b"GET /" + b"x" * (40 * MAX_REQUEST), 431),
        (b"GET / HTTP/1.1\r\nContent-Length: 99999\r\n\r\n" + b"x" * MAX_REQUEST, 413),
        (b"nonsense\r\n\r\n", 400),
    ],
)
def test_what_is_too_long_or_wrong_is_refused_and_the_connection_ends(visit, data, status):
    async def story(site):
        client = await site.connect()
        await client.send(data)
        assert (await client.answer())[0] == status
        assert await client.rest() == b""

    visit(story)


def test_a_short_body_is_read_over(visit, flags):
    async def story(site):
        client = await site.connect()
        await client.send(request(headers=b"Content-Length: 4\r\n") + b"body" + request("/IN/IN.gif"))
        assert [(await client.answer())[2] for _ in range(2)] == [flags["CN"], flags["IN"]]

    visit(story)


def test_known_bytes_inside_a_body_are_a_body(visit, flags):
    body = request()

    async def story(site):
        client = await site.connect()
        await client.get(CN)  # these bytes are known from now on
        await client.send(f"GET /IN/IN.gif HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n".encode())
        await asyncio.sleep(0.01)
        await client.send(body)
        await asyncio.sleep(0.01)
        await client.send(request("/US/US.gif"))
        assert [(await client.answer())[2] for _ in range(2)] == [flags["IN"], flags["US"]]

    visit(story)


@pytest.mark.parametrize("after", [b"\x00", b"GET", request("/IN/IN.gif")])
def test_only_whole_requests_are_known(flags, after):
    async def told():
        service = Service(ServerOptions(latency_s=0), flags, loop := asyncio.get_running_loop())
        server = await loop.create_server(lambda: FlagProtocol(service), "127.0.0.1", 0)
        for data in (request() + after, request(), request(headers=b"Connection: close\r\n")):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1])
            writer.write(data)
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
            writer.close()
            await writer.wait_closed()
        assert service.known == {request(): (CN.encode(), b"GET", True)}
        server.close()

    asyncio.run(asyncio.wait_for(told(), 30))


def test_one_connection_too_many_is_told_so(flags):
    async def told():
        loop = asyncio.get_running_loop()
        service = Service(ServerOptions(latency_s=0), flags, loop, max_connections=1)
        server = await loop.create_server(lambda: FlagProtocol(service), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        streams = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        assert (await streams[1][0].read()).startswith(b"HTTP/1.1 503 ")
        for _, writer in streams:
            writer.close()
            await writer.wait_closed()
        server.close()

    asyncio.run(asyncio.wait_for(told(), 30))


def test_an_answer_is_never_early(visit):
    async def story(site):
        client = await site.connect()
        for _ in range(5):
            began = time.monotonic()
            await client.get(CN)
            assert time.monotonic() - began >= 0.02
        stats = await site.json("/stats")
        assert 0 <= stats["excess_min_s"] <= stats["excess_p50_s"] <= stats["excess_p99_s"] <= stats["excess_max_s"]

    visit(story, latency_s=0.02)


def test_status_fault(visit):
    async def story(site):
        client = await site.connect()
        assert [(await client.get(CN))[0] for _ in range(3)] == [503] * 3
        stats = await site.json("/stats")
        assert (stats["requests"], stats["faults"]) == (3, 3)

    visit(story, error_rate=1.0, faults=("status",))


def test_reset_fault(visit):
    async def story(site):
        client = await site.connect()
        await client.send(request())
        with pytest.raises(ConnectionResetError):
            await client.rest()

    visit(story, error_rate=1.0, faults=("reset",))


def test_truncated_fault(visit, flags):
    async def story(site):
        client = await site.connect()
        await client.send(request())
        with pytest.raises(asyncio.IncompleteReadError) as caught:
            await client.answer()
        assert caught.value.expected == len(flags["CN"])
        assert caught.value.partial == flags["CN"][: len(flags["CN"]) // 2]

    visit(story, error_rate=1.0, faults=("truncated",))


def test_wrong_fault(visit, flags):
    async def story(site):
        status, _, body = await (await site.connect()).get(CN)
        assert (status, len(body)) == (200, len(flags["CN"]))
        assert body != flags["CN"]

    visit(story, error_rate=1.0, faults=("wrong",))


def test_hang_fault_lasts_until_the_client_leaves(visit):
    async def story(site):
        client = await site.connect()
        await client.send(request())
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.rest(), 0.2)
        assert (await site.json("/stats"))["in_flight"] == 1
        client.writer.close()
        while (await site.json("/stats"))["in_flight"]:
            await asyncio.sleep(0.01)

    visit(story, error_rate=1.0, faults=("hang",))


def test_a_fault_belongs_to_its_task(visit):
    async def story(site):
        client = await site.connect()
        rounds = [[(await client.get(f"{CN}?task={task}"))[0] for task in range(40)] for _ in range(2)]
        assert (await client.get(CN, method="DELETE"))[0] == 405  # takes no place
        untold = [(await client.get(CN))[0] for _ in range(40)]  # the n-th takes the place of task n
        assert rounds[0] == rounds[1] == untold
        assert set(untold) == {200, 503}

    visit(story, error_rate=0.3, faults=("status",))


def test_the_cap_on_concurrency_is_kept_and_first_come_is_first_served(visit, flags):
    async def story(site):
        clients = [await site.connect() for _ in range(9)]
        finished = []

        async def ask(index):
            assert (await clients[index].answer())[2] == flags["CN"]
            finished.append(index)

        for client in clients:
            await client.send(request())
            await asyncio.sleep(0.002)
        await asyncio.gather(*(ask(index) for index in range(9)))
        stats = await site.json("/stats")
        assert (stats["in_flight"], stats["in_flight_max"], stats["requests"]) == (0, 2, 9)
        assert finished[0] in (0, 1)
        assert finished[-1] in (7, 8)

    visit(story, latency_s=0.03, concurrency=2)


def test_those_who_leave_give_up_their_place_and_their_turn(visit, flags):
    async def story(site):
        clients = [await site.connect() for _ in range(5)]
        for client in clients:
            await client.send(request())
        await asyncio.sleep(0.05)
        for client in clients[:4]:  # the one being served, and some who wait
            client.writer.close()
            await client.writer.wait_closed()
        assert (await clients[4].answer())[2] == flags["CN"]
        assert (await site.json("/stats"))["in_flight"] == 0

    visit(story, latency_s=0.3, concurrency=1)


def test_hangs_that_end_let_a_crowd_through(visit):
    async def story(site):
        holder = await site.connect()
        await holder.send(request())
        crowd = [await site.connect() for _ in range(40)]
        for client in crowd:
            await client.send(request("/IN/IN.gif") if client is crowd[0] else request())
        await asyncio.sleep(0.05)
        for client in [holder, *crowd]:
            client.writer.close()
        while (await site.json("/stats"))["in_flight"]:
            await asyncio.sleep(0.01)

    visit(story, concurrency=1, error_rate=1.0, faults=("hang",))


def test_the_link_is_shared(visit, flags):
    async def story(site):
        clients = [await site.connect() for _ in range(4)]
        began = time.monotonic()
        for client in clients:
            await client.send(request())
        for client in clients:
            assert (await client.answer())[2] == flags["CN"]
        assert time.monotonic() - began >= 0.01 + 4 * len(flags["CN"]) / 100_000
        assert (await clients[0].get(CN, method="HEAD"))[0] == 200  # without a body, without the link

    visit(story, latency_s=0.01, bandwidth=100_000.0)


def test_stats_are_reset_after_they_are_told(visit):
    async def story(site):
        clients = [await site.connect() for _ in range(3)]
        await asyncio.gather(*(client.get(CN) for client in clients))
        first = await site.json("/stats?reset=1")
        second = await site.json("/stats")
        assert first["in_flight_max"] == 3
        assert first["excess_max_s"] > 0
        assert (second["in_flight_max"], second["excess_max_s"]) == (0, 0)
        assert first["requests"] == second["requests"] == 3
        assert second["busy_s"] >= first["busy_s"] > 0

    visit(story, latency_s=0.05)


def test_the_manifest_tells_what_a_download_yields(visit, flags):
    async def story(site):
        told = await site.json("/manifest")
        assert list(told) == list(flags)
        for cc, data in flags.items():
            assert told[cc] == {"length": len(data), "digest": blake2b(data, digest_size=16).hexdigest()}

    visit(story)


def test_answers_are_not_held_back_by_the_kernel(flags):
    async def told():
        loop = asyncio.get_running_loop()
        service = Service(ServerOptions(latency_s=0), flags, loop)
        made = []

        def connect():
            made.append(FlagProtocol(service))
            return made[-1]

        server = await loop.create_server(connect, "127.0.0.1", 0)
        _, writer = await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1])
        while not service.connections:
            await asyncio.sleep(0)
        link = made[0]._transport.get_extra_info("socket")
        assert link.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        writer.close()
        await writer.wait_closed()
        server.close()

    asyncio.run(asyncio.wait_for(told(), 30))
