"""Keep-alive load on one address, and what it cost the server in processor time."""

import http.client
import os
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median

CONNECTIONS = 16
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Sample:
    """One burst of load: milliseconds of processor per request, and the slowest hundredth."""

    cpu_ms: float
    p99_ms: float
    others_share: float


def burst(
    port: int, path: str, servers: Iterable[int], seconds: float, headers: dict[str, str]
) -> Sample:
    """16 keep-alive connections ask for one page again and again.

    `servers` are the process ids whose processor time counts (web processes and database
    backends); what any other process but this one used tells how disturbed the sample was.
    """
    pids = list(servers)
    began, cpu_began = time.perf_counter(), _cpu_of(pids)
    machine_began, own_began = _cpu_of_machine(), time.process_time()
    stop_at = began + seconds
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        asked = [pool.submit(_ask, port, path, headers, stop_at) for _ in range(CONNECTIONS)]
        answers = sorted(took for one in asked for took in one.result())
    elapsed = time.perf_counter() - began
    cpu = _cpu_of(pids) - cpu_began
    own = time.process_time() - own_began
    others = _cpu_of_machine() - machine_began - cpu - own
    return Sample(
        cpu_ms=1000 * cpu / len(answers),
        p99_ms=1000 * answers[int(len(answers) * 0.99)],
        others_share=max(0.0, others) / (elapsed * (os.cpu_count() or 1)),
    )


def _ask(port: int, path: str, headers: dict[str, str], stop_at: float) -> list[float]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = dict(headers)
    times = []
    while (before := time.perf_counter()) < stop_at:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status not in (200, 304):
            raise RuntimeError(f"{path} answered {answer.status}")
        if answer.status == 200 and "If-None-Match" in headers:  # as a browser does
            headers["If-None-Match"] = answer.getheader("ETag") or ""
        times.append(time.perf_counter() - before)
    connection.close()
    return times


def _cpu_of(pids: Iterable[int]) -> float:
    """Seconds of user and system time of these processes and their present children."""
    return sum(_cpu_of_one(pid) for pid in pids)


def _cpu_of_one(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except FileNotFoundError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def _cpu_of_machine() -> float:
    """Busy seconds of all cores since the machine started."""
    fields = [int(x) for x in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    idle = fields[3] + fields[4]
    return (sum(fields) - idle) / TICKS


def family(pid: int) -> list[int]:
    """A process and everything that descends from it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, waiting = [], [pid]
    while waiting:
        found.append(waiting.pop())
        waiting.extend(children.get(found[-1], ()))
    return found


def undisturbed(samples: list[Sample], most: float = 0.15) -> list[Sample]:
    """Samples during which other programs used little; all of them when none was quiet."""
    quiet = [sample for sample in samples if sample.others_share <= most]
    return quiet or samples


def middle(samples: list[Sample]) -> tuple[float, float]:
    kept = undisturbed(samples)
    return median(s.cpu_ms for s in kept), median(s.p99_ms for s in kept)
