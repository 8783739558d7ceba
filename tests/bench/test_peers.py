"""What a run beside the peers tells: ratios, targets, what is missing, and the plot."""

from xml.etree import ElementTree

from bench.peers.catalog import PEERS
from bench.peers.results import OWN, TARGETS, Found, notes, plot, property_table, rate_table, target_table

FOUND = Found(
    peers=[OWN, "moto"],
    absent={"roto": "cargo is not on this machine"},
    rates={
        ("PutItem", 64, OWN): [3000.0, 1000.0, 2000.0],
        ("PutItem", 64, "moto"): [100.0, 20.0, 50.0],
        ("GetItem", 64, OWN): [7400.0],
        ("GetItem", 64, "moto"): [100.0],
    },
    faults={("moto", "Query of 100 items"): "500"},
    properties={("memory, idle", "moto"): "80 MB"},
)


def test_a_ratio_is_the_median_of_the_rounds_own_ratios() -> None:
    assert FOUND.ratio("PutItem", 64, "moto") == 40.0
    assert rate_table(FOUND, ["PutItem"], 64)[-1] == "| PutItem | 2,000 | 50 (40 ×) |"


def test_a_ratio_of_other_rounds_than_pelton_s_means_nothing() -> None:
    found = Found(peers=[OWN, "moto"], rates={("PutItem", 1, OWN): [1.0, 2.0], ("PutItem", 1, "moto"): [1.0]})

    assert found.ratio("PutItem", 1, "moto") is None


def test_targets_are_judged_and_what_was_not_measured_says_so() -> None:
    lines = target_table(FOUND)

    assert "| moto | PutItem | ≥ 30 × | 40.0 × | kept |" in lines
    assert "| moto | GetItem | ≥ 75 × | 74.0 × | MISSED |" in lines
    assert "| ministack | PutItem | ≥ 9 × |  | not measured |" in lines


def test_what_is_absent_or_failed_is_named() -> None:
    assert notes(FOUND) == ["- roto: not installed: cargo is not on this machine", "- moto, Query of 100 items: 500"]
    assert property_table(FOUND, ["memory, idle"])[-1] == "| memory, idle | – | 80 MB |"


def test_the_plot_is_svg_with_one_bar_for_each_peer() -> None:
    drawn = ElementTree.fromstring(plot(FOUND, "PutItem", 64))

    assert len(drawn.findall("{http://www.w3.org/2000/svg}rect")) == 2


def test_every_target_is_of_a_peer_that_is_driven() -> None:
    assert TARGETS.keys() <= {peer.name for peer in PEERS}
