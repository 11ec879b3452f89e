"""The one shape of errors, for the tests that meet them."""

from httpx import Response

from service.contract import ErrorResponse

HTML = {"accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}


def check(response: Response, status: int, code: str, *, field: str | None = None, language: str = "en") -> str:
    """Assert the error's shape; return its message."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in response.headers["content-security-policy"]
    error = ErrorResponse.model_validate_json(response.text)
    assert set(response.json()) == {"error", "notices"}
    assert set(response.json()["error"]) == {"code", "message", "field"}
    assert error.error.code == code
    assert error.error.field == field
    assert [(notice.kind, notice.language) for notice in error.notices] == [("disclaimer", language)]
    assert error.error.message
    assert error.error.message == " ".join(error.error.message.split()), "one line"
    return error.error.message
