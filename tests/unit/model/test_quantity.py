"""Quantities are read by the grammar of Kubernetes."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from unit.model.outcome import outcome

from cloudkit.errors import UsageError
from cloudkit.model.quantity import cpu_cores, memory_bytes, nano_cpus, quantity
from cloudkit.model.refusal import shown

READ = {
    "0": "0", "2": "2", "+2": "2", "0.5": "0.5", ".5": "0.5", "5.": "5", "500m": "0.5", "250u": "0.00025",
    "100n": "0.0000001",
    "1k": "1000", "1M": "1e6", "1G": "1e9", "1T": "1e12", "1P": "1e15", "1E": "1e18", "1e3": "1000", "1E3": "1000",
    "1e-3": "0.001",
    "1e+2": "100", "1Ki": "1024", "1Mi": "1048576", "1Gi": "1073741824", "1.5Gi": "1610612736", "1Ti": "1099511627776",
    "1Pi": "1125899906842624", "1Ei": "1152921504606846976", "7.9Ei": "9108079886394091110.4",
}  # fmt: skip
REFUSED = [
    "", " ", "-1", "-0", "NaN", "nan", "inf", "Infinity", "1K", "1ki", "1mi", "1MB", "1 Mi", "1Mi ", "Mi", ".", "e3",
    "1e", "1e3Mi",
    "1e9h", "1_000", "1,000", "0x10", "\uff11", "\u0663", "1\n", "8Ei", "16Ei", "1e19", "1e99", "1e100", "9" * 33,
    "1" * 10_000, "1.2.3",
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), READ.items())
def test_every_form_of_the_grammar_is_read(text: str, value: str) -> None:
    """Decimal and binary suffixes, fractions and exponents."""
    assert quantity("memory", text) == Decimal(value)


@pytest.mark.parametrize("text", [*REFUSED, None, 5, 0.5, b"1"], ids=shown)
def test_anything_else_is_refused(text: object) -> None:
    """The error names the field, and stays short."""
    with pytest.raises(UsageError) as caught:
        quantity("memory", text)

    assert caught.value.summary.startswith("memory is ")
    assert len(caught.value.summary) < 500


@given(st.text(max_size=50) | st.from_regex(r"[0-9.]{0,20}([KMGTPE]i?|[numk]|e[0-9-]{1,3})?", fullmatch=True))
@example("9" * 10_000)
def test_any_text_is_read_in_range_or_refused(text: str) -> None:
    """Whatever is given, the answer is an amount that an engine can count, or a UsageError."""
    value = outcome(lambda: quantity("memory", text))

    if isinstance(value, Decimal):
        assert 0 <= value < 2**63
        assert memory_bytes(text) >= value
        assert nano_cpus(text) >= 0
    else:
        assert len(str(value)) < 500


@pytest.mark.parametrize(
    ("text", "cores", "nano"), [("500m", "0.5", 500_000_000), ("1.0001", "1.001", 1_001_000_000), ("2", "2", 2 * 10**9)]
)
def test_processor_time_is_rounded_up_to_a_thousandth(text: str, cores: str, nano: int) -> None:
    """As Kubernetes does, so that both engines give the same."""
    assert cpu_cores(text) == Decimal(cores)
    assert nano_cpus(text) == nano


@pytest.mark.parametrize(("text", "size"), [("256Mi", 268_435_456), ("1.5", 2), ("1e3", 1000)])
def test_memory_is_rounded_up_to_a_byte(text: str, size: int) -> None:
    """A limit is never smaller than what was asked for."""
    assert memory_bytes(text) == size
