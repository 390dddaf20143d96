"""What is remembered of files, packed: the same as a dictionary would, in a tenth of the memory."""

from __future__ import annotations

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from oss_jupyter.model.dataset import Checksums, Outcome
from oss_jupyter.model.remembered import Remembered, RememberedFile, Tally

_NUMBERS = {"s": Outcome.SENT, "k": Outcome.KEPT, "x": Outcome.SKIPPED, "f": Outcome.FAILED}
_LINES = st.lists(
    st.none()
    | st.tuples(
        st.text("abc", max_size=3),
        st.sampled_from(sorted(_NUMBERS)),
        st.integers(0, 2**48),
        st.sampled_from([b"", b"c" * 8, b"m" * 16, b"m" * 16 + b"c" * 8]),
    ),
    max_size=60,
)


@given(_LINES)
def test_as_a_dictionary(lines: list[tuple[str, str, int, bytes] | None]) -> None:
    """The last line about a key counts, in what is found and in the sums; what an earlier run sent is kept."""
    packed, plain = Remembered(), dict[str, tuple[Outcome, int, bytes, int]]()
    for place, line in enumerate(lines):
        if line is None:
            packed.begin_run()
            plain = {key: (Outcome.KEPT if one[0] is Outcome.SENT else one[0], *one[1:]) for key, one in plain.items()}
        else:
            key, word, size, digest = line
            packed.put(key, f"/{key}", [word, 0, key, size, place, "", 0], digest, place)
            plain[key] = (_NUMBERS[word], size, digest, place)
    assert len(packed) == len(plain)
    for key, (outcome, size, digest, place) in plain.items():
        sums = Checksums(b"m".hex().upper() * 16 if b"m" in digest else "", None)
        if b"c" in digest:
            sums = Checksums(sums.md5, int.from_bytes(b"c" * 8, "big"))
        assert packed.get(key, f"/{key}") == RememberedFile(size, place, sums, outcome)
        assert packed.get(key, "/elsewhere") is None
        assert packed.outcome_at(key, place) is outcome
        assert packed.outcome_at(key, place + 1) is None
    assert packed.get("d", "/d") is None
    for outcome, tally in packed.by_outcome().items():
        sizes = [size for is_now, size, _, _ in plain.values() if is_now is outcome]
        assert tally == Tally(len(sizes), sum(sizes))


def test_it_takes_little_memory() -> None:
    """10,000 files take less than 100 bytes each, with names of any length."""
    tracemalloc.start()
    try:
        packed = Remembered()
        before = tracemalloc.get_traced_memory()[0]
        for number in range(10_000):
            key = f"raw/{number:0200}"
            packed.put(key, f"/data/{key}", ["s", 0, key, 5, number, "", 0], b"d" * 24, number)
        taken_bytes = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert packed.by_outcome()[Outcome.SENT].files == 10_000
    assert packed.memory_bytes <= 80 * 10_000
    assert taken_bytes <= 100 * 10_000
