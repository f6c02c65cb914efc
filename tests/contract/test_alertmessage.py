"""The contract of the alert message is written down, and up to date."""

from tests.contract.alertmessage import PAGE, SCHEMA, page, schema_text


def test_the_page_is_up_to_date() -> None:
    text = PAGE.read_text("utf-8")
    assert page(text) == text, "run `python -m tests.contract.alertmessage`"


def test_the_schema_is_up_to_date() -> None:
    assert SCHEMA.read_text("utf-8") == schema_text(), "run `python -m tests.contract.alertmessage`"
