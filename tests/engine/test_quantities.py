"""A quantity reads in words, and one that is not understood reads as it was filed."""

import pytest

from engine.wire.quantities import amount


@pytest.mark.parametrize(
    ("quantity", "unit", "told"),
    [
        (897, "KGM", "897 kg"), (1, "C62", "1 piece"), (3000, "NAR", "3,000 pieces"), (600, "MIL", "600 thousand"), (0.004, "KUR", "0.004 kg of uranium"), (2.5, "TNE", "2.5 tonnes"),
        (12, "vessels", "12 vessels"), (7, None, "7"), (12_345_678_901, "GRM", "12,345,678,901 g"), (None, "KGM", ""),
    ],
)  # fmt: skip
def test_a_quantity_reads_in_words(quantity, unit, told):
    assert amount(quantity, unit) == told
