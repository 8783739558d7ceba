"""What /proc says, read."""

from bench.processes import descendants, memory_mb, parse_stat

STAT = "42 (a name) with) S 7 42 42 0 -1 4194560 100 200 0 0 250 50 10 20 20 0 4 0 12345 1000000 500"


def test_a_stat_line_is_read_behind_the_last_parenthesis() -> None:
    usage = parse_stat(STAT, 100)

    assert (usage.parent, usage.own_s, usage.reaped_s) == (7, 3.0, 0.3)


def test_memory_is_told_in_kilobytes_of_1024() -> None:
    assert memory_mb("Name:\tx\nVmHWM:\t  2000 kB\nVmRSS:\t  1000 kB\n", "VmRSS") == 1.024


def test_a_tree_holds_children_of_children_and_nobody_else() -> None:
    assert descendants(1, {1: 0, 2: 1, 3: 2, 4: 0, 5: 4}) == {1, 2, 3}
    assert descendants(9, {1: 0}) == set()
