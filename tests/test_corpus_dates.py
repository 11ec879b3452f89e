"""Dates as files write them."""

import pytest

from corpus.dates import iso_date


@pytest.mark.parametrize(
    ("written", "date"),
    [
        ("2024-05-01", "2024-05-01"), (" 2024-5 ", "2024-05"), ("2024", "2024"), ("2024-05-01T10:00:00+02:00", "2024-05-01"),
        ("D:20240305120000Z", "2024-03-05"), ("20240305", "2024-03-05"), ("2024/3/5", "2024-03-05"),
        ("Tue, 5 Mar 2024 10:00:00 +0000", "2024-03-05"), ("03/04/2024", None), ("2024-13-01", None), ("2023-02-29", None),
        ("soon", None), ("", None), ("٢٠٢٤-٠٥-٠١", None), ("0000", None),
    ],
)  # fmt: skip
def test_a_date_is_read_as_it_is_meant_or_not_at_all(written: str, date: str | None) -> None:
    assert iso_date(written) == date
