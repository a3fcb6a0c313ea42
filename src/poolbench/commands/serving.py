"""`poolbench serve`."""

from __future__ import annotations

from poolbench.commands.output import screen_for
from poolbench.commands.typed import Whole  # noqa: TC001  cyclopts reads the annotations
from poolbench.statuses import DONE


def serve(
    *,
    latency: str = "50ms",
    jitter: str = "0",
    error_rate: str = "0",
    concurrency: Whole = 0,
    bandwidth: float = 0.0,
    port: Whole = 8002,
    seed: Whole = 0,
) -> int:
    """Run the flag server on its own, on 127.0.0.1, until Ctrl-C.

    Parameters
    ----------
    latency
        Time before each answer; 50ms if not said.
    jitter
        At most this much more, drawn per item.
    error_rate
        Share of requests that fail, such as 20% or 0.2.
    concurrency
        Requests served at once; 0 for no limit.
    bandwidth
        Bytes per second, shared by all; 0 for no limit.
    port
        8002 if not said; 0 takes any that is free.
    seed
        For jitter and failures.
    """
    from poolbench.flagserver import ServerOptions
    from poolbench.flagserver.serving import serve_forever
    from poolbench.units import fraction, seconds

    options = ServerOptions(
        latency_s=seconds(latency, "--latency"),
        jitter_s=seconds(jitter, "--jitter"),
        error_rate=fraction(error_rate, "--error-rate", ends=True),
        concurrency=concurrency,
        bandwidth=bandwidth,
        seed=seed,
        port=port,
    )
    screen = screen_for("auto")
    serve_forever(options, lambda url: screen.out.print(f"{url}/cn/cn.gif and 19 more; Ctrl-C ends it"))
    return DONE
