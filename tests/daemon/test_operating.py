"""The operators' page explains every reason that they may be shown."""

import pytest

from seismonet.formats.gate import REASONS
from tests.support.shared import ROOT

PAGE = (ROOT / "docs" / "operating.md").read_text("utf-8")


@pytest.mark.parametrize("code", [reason.code for reason in REASONS if reason.code != "ok"])
def test_every_reason_of_the_gate_is_explained(code: str) -> None:
    assert f"`{code}`" in PAGE


@pytest.mark.parametrize("state", ["connected", "connecting", "waiting", "refused"])
def test_every_state_of_a_server_is_explained(state: str) -> None:
    assert f"\n| {state} |" in PAGE
