"""The story of texts that must not show masked values."""

from __future__ import annotations

from lhredis.model.redaction import SECRET_CHARS_MIN, redacted, secrets_in


def test_every_text_inside_of_a_value_is_a_secret():
    value = {"a": ["deep down", {"b": 123456}], "c": b"bytes", "d": 1.25, "e": None, "f": True}
    assert set(secrets_in([value, "text"])) == {"deep down", "123456", "bytes", "1.25", "text"}


def test_what_is_too_short_is_no_secret():
    assert secrets_in(["x" * (SECRET_CHARS_MIN - 1), 7, ""]) == ()


def test_a_secret_inside_of_another_leaves_nothing_of_the_longer_one():
    secrets = secrets_in(["4242", "4242-9999"])
    assert redacted("4242-9999 and 4242", secrets) == "***** and *****"
