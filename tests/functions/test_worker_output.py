"""Bytes between a worker and its parent: frames and log lines."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pelton.functions.lines import LINE_BYTES_MAX, LineSplitter
from pelton.functions.worker.frames import FrameReader, encode_frame

FRAMES = st.lists(st.tuples(st.dictionaries(st.text(), st.integers()), st.binary()), max_size=4)


def pieces(data: bytes, sizes: list[int]) -> list[bytes]:
    """The data cut after each size in turn."""
    cut = []
    for size in sizes:
        cut.append(data[:size])
        data = data[size:]
    return [*cut, data]


@given(FRAMES, st.lists(st.integers(0, 9)))
def test_frames_come_out_as_they_went_in_however_they_are_cut(
    frames: list[tuple[dict[str, Any], bytes]], sizes: list[int]
) -> None:
    data = b"".join(encode_frame(*frame) for frame in frames)
    reader = FrameReader()

    received = []
    for piece in pieces(data, sizes):
        reader.feed(piece)
        while (frame := reader.next_frame()) is not None:
            received.append(frame)

    assert received == frames


@given(st.binary(), st.lists(st.integers(0, 9)))
def test_lines_are_the_same_however_they_are_cut(data: bytes, sizes: list[int]) -> None:
    whole, cut = LineSplitter(), LineSplitter()

    lines = [line for piece in pieces(data, sizes) for line in cut.feed(piece)] + cut.end()

    assert lines == whole.feed(data) + whole.end()


def test_a_line_without_end_is_cut() -> None:
    lines = LineSplitter().feed(b"x" * (2 * LINE_BYTES_MAX + 1))

    assert [len(line) for line in lines] == [LINE_BYTES_MAX, LINE_BYTES_MAX]
