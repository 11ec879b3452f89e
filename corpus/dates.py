"""The date that a document gives itself, in whatever way its format writes one, as ISO 8601."""

import re
from datetime import date
from email.utils import parsedate

_ISO = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?(?:[T ]\d.*)?", re.ASCII | re.DOTALL)
_COMPACT = re.compile(r"(?:D:)?(\d{4})(\d{2})(\d{2})(?:\d{2,6}.*)?", re.ASCII | re.DOTALL)  # PDF's, and ISO's basic form
_SLASHED = re.compile(r"(\d{4})[/.](\d{1,2})(?:[/.](\d{1,2}))?", re.ASCII)


def iso_date(written: str) -> str | None:
    """Return a date as ISO 8601, to the year, the month or the day as it was given; None for what is no date, or ambiguous.

    Understood are ISO 8601, PDF's ``D:20240305120000Z``, ``2024/03/05`` and e-mail's ``Tue, 5 Mar 2024 10:00:00 +0000``.
    ``03/04/2024`` is not: half of the world reads another day than the other half.
    """
    written = written.strip()
    found = _ISO.fullmatch(written) or _COMPACT.fullmatch(written) or _SLASHED.fullmatch(written)
    if found:
        parts = [int(part) for part in found.groups() if part is not None]
    elif mail := parsedate(written):
        parts = list(mail[:3])
    else:
        return None
    try:
        whole = date(*[*parts, 1, 1][:3])
    except ValueError:
        return None
    return whole.isoformat()[: (4, 7, 10)[len(parts) - 1]]
