"""Watching folders: says when something below them has changed and has been quiet for a moment."""

import logging
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from watchfiles import BaseFilter, Change, watch

_QUIET_MS = 400
"""A file is still being written while changes follow each other faster than this."""

_LONGEST_MS = 5_000
_ROUND_MS = 2_000
_log = logging.getLogger(__name__)


def changes_below(folders: Sequence[Path], but_not: Path) -> Iterator[bool]:
    """Yield whether something below the folders has changed: True when it has, False every two seconds when not.

    Folders that are gone, or not there yet, are waited for. What is hidden, and what lies below ``but_not``, is passed over.

    Raises:
        KeyboardInterrupt: Ctrl-C.
    """
    present = [folder for folder in folders if folder.is_dir()]
    polling = False
    while True:
        if not present:
            time.sleep(_ROUND_MS / 1000)
            yield False
        else:
            begun = True  # what changed before the system was asked to tell of changes is found by a look at everything
            try:
                for changes in watch(
                    *present,
                    watch_filter=_Visible(folders, but_not),
                    debounce=_LONGEST_MS,
                    step=_QUIET_MS,
                    rust_timeout=_ROUND_MS,
                    yield_on_timeout=True,
                    force_polling=polling or None,
                ):
                    yield bool(changes) or begun
                    begun = False
                    if [folder for folder in folders if folder.is_dir()] != present:
                        break
            except FileNotFoundError:
                pass  # between two looks: the next round waits for it
            except OSError as error:
                if polling:
                    raise
                # The system watches no more folders: looking at all of them again and again is slower, and works.
                _log.warning("cannot be told of changes (%s): looking for them every so often instead", error)
                polling = True
        now = [folder for folder in folders if folder.is_dir()]
        if now != present:
            present = now
            yield True


class _Visible(BaseFilter):
    """Passes changes of what is read: nothing hidden, nothing of the index itself."""

    def __init__(self, folders: Sequence[Path], but_not: Path) -> None:
        super().__init__()
        self._folders = [folder.absolute() for folder in folders]
        self._but_not = but_not.absolute()

    def __call__(self, change: Change, path: str) -> bool:
        changed = Path(path).absolute()
        if changed.is_relative_to(self._but_not):
            return False
        below = [changed.relative_to(folder) for folder in self._folders if changed.is_relative_to(folder)]
        return not below or any(not any(part.startswith(".") for part in each.parts) for each in below)
