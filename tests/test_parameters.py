"""Presets: what a file must say, and what becomes of one that does not."""

from importlib.resources import files

import pytest

from payy_ref.parameters import ParameterError, Preset, load_preset, parse_parameters

MAINNET = files("payy_ref.parameters").joinpath("mainnet.toml").read_text("utf-8")


def test_mainnet_is_the_deployed_rollup() -> None:
    """The figures of decision 0010."""
    mainnet = load_preset(Preset.MAINNET)
    assert (mainnet.tree_depth, mainnet.network_name) == (160, "Payy")
    assert (mainnet.block_transactions, mainnet.block_message_words) == (6, 1000)


def test_presets_differ_in_every_size_that_matters() -> None:
    """`minimal` is smaller, and signs under another name."""
    mainnet, minimal = load_preset(Preset.MAINNET), load_preset(Preset.MINIMAL)
    assert minimal.tree_depth < mainnet.tree_depth
    assert minimal.block_transactions < mainnet.block_transactions
    assert minimal.network_name != mainnet.network_name


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("depth = 160", "depth = 0", "positive integer"),
        ("depth = 160", "depth = -1", "positive integer"),
        ("depth = 160", "depth = true", "positive integer"),
        ("depth = 160", 'depth = "160"', "positive integer"),
        ("depth = 160", "depth = 160.0", "positive integer"),
        ("depth = 160", "depth = 257", "tree.depth"),
        ("depth = 160", "", r"missing keys \['tree.depth'\]"),
        ("depth = 160", "depth = 160\nwidth = 2", r"unknown keys \['tree.width'\]"),
        ('"Payy"', '""', "network_name"),
        ('"Payy"', "7", "network_name"),
        ('"Payy"', '"P\u00e4yy"', "network_name"),
        ("message_words = 1000", "message_words = 29", "cannot hold a burn at every place"),
        ("ratio_numerator = 1 ", "ratio_numerator = 0 ", "finality.ratio_numerator must be"),
        ("ratio_denominator = 20", "ratio_denominator = 0", "finality.ratio_denominator must be"),
        ("ratio_denominator = 20", "ratio_denominator = 17", "no room for every payment"),
        ("ratio_numerator = 1 ", "ratio_numerator = 2 ", "no room for every payment"),
        ("large_value = 5", "large_value = -5", "finality.large_value must be"),
        ("[tree]", "[tree", "not TOML"),
        ("[tree]\n", "[tree]\ndepth = 3\n", "not TOML"),
    ],
)
def test_bad_presets_are_refused(before: str, after: str, message: str) -> None:
    """Each fault of a file is named."""
    assert before in MAINNET
    with pytest.raises(ParameterError, match=message):
        parse_parameters(MAINNET.replace(before, after))


def test_ratio_with_room_for_every_payment_is_admitted() -> None:
    """On mainnet six transactions pay three each, so an eighteenth is the greatest ratio."""
    text = MAINNET.replace("ratio_denominator = 20", "ratio_denominator = 18")
    assert parse_parameters(text).finality_ratio_denominator == 18
