"""Progress of what takes longer than a second, on standard error, for a person: a bar, the rate, the time left."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

_PATIENCE_S = 1.0
_STAGES = {
    "weights": "reading the model",
    "model": "writing the model",
    "checksums": "checking the model",
    "files": "comparing files",
    "bytes": "indexing",
    "passages": "embedding passages",
}


class ProgressBar(Protocol):
    """Shows how far a long task is."""

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Say that ``done`` of ``total`` of ``stage`` are finished."""
        ...


@contextmanager
def progress_bar() -> Iterator[ProgressBar]:
    """Show progress while the context lasts, from its second second on; nothing where no person is looking."""
    if not sys.stderr.isatty():
        yield lambda stage, done, total: None
        return
    bars = _Bars()
    try:
        yield bars.show
    finally:
        bars.close()


class _Bars:
    """A bar a stage, begun by a clock of its own: the work may be in the middle of a long step when a second has passed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stages: dict[str, tuple[int, int, float]] = {}
        self._tasks: dict[str, Any] = {}
        self._progress: Any = None
        self._due = self._closed = False
        self._clock = threading.Timer(_PATIENCE_S, self._begin)
        self._clock.daemon = True
        self._clock.start()

    def show(self, stage: str, done: int, total: int) -> None:
        with self._lock:
            started = self._stages[stage][2] if stage in self._stages else time.monotonic()
            self._stages[stage] = (done, total, started)
            self._update(stage)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._clock.cancel()
            if self._progress is not None:
                self._progress.stop()

    def _begin(self) -> None:
        with self._lock:
            self._due = True
            for stage in self._stages:
                self._update(stage)

    def _update(self, stage: str) -> None:
        done, total, started = self._stages[stage]
        if self._closed or not self._due or (stage not in self._tasks and done >= total):
            return  # a stage that was done before anybody looked is no news
        if self._progress is None:
            self._progress = _make_progress()  # most questions never show one, and need not pay 60 ms for rich
            self._progress.start()
        if stage not in self._tasks:
            self._tasks[stage] = self._progress.add_task(_STAGES.get(stage, stage), total=total, amount="", rate="")
        seconds = time.monotonic() - started
        if stage == "bytes":
            amount = f"{done / 1e6:.1f}/{total / 1e6:.1f} MB"
            rate = f"{done / seconds / 1e6:.2f} MB/s" if seconds > 0.5 else ""
        else:
            amount, rate = f"{done}/{total}", f"{done / seconds:.1f}/s" if seconds > 0.5 else ""
        self._progress.update(self._tasks[stage], completed=done, total=total, amount=amount, rate=rate)


def _make_progress() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        TextColumn("{task.fields[amount]}"),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(compact=True),
        TextColumn("left"),
    )
    return Progress(*columns, console=Console(stderr=True), transient=True)
