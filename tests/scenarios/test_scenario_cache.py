"""What is kept between runs, and when it is not used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import LoadError
from harness.model import Case
from harness.scenarios import load

Write = Callable[..., Path]

SUITE = """\
suite: s
vars: {app: {title: T}, big: 9007199254740993}
scenarios:
  - id: a
    rules: [AC-HDR-02]
    for_each: [{id: x, n: 1}, {id: y, n: 1.0}]
    input: {body: {n: "${each.n}", big: "${big}"}}
    interactions: [{request: {headers: {X: "${app.title}"}, forbid_headers: [Y]}, reply: {json: {$$ref: z}}}]
"""


@pytest.fixture
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "own-cache"
    monkeypatch.setenv("HARNESS_CACHE_DIR", str(folder))
    return folder


def expand(path: Path) -> list[Case]:
    return list(load(path).cases("all"))


def entries(folder: Path) -> dict[Path, bytes]:
    return {file: file.read_bytes() for file in folder.glob("*.json")}


@pytest.fixture(autouse=True)
def fresh(cache_folder: Path) -> None:
    """Every test here begins with an empty cache."""


def test_the_second_load_gives_the_same_cases(write: Write, cache_folder: Path) -> None:
    """Cases from the cache equal those from the file, types included."""
    path = write(SUITE)
    first = expand(path)
    kept = entries(cache_folder)
    assert len(kept) >= 2  # at least the suite and the rules
    second = expand(path)
    assert repr(second) == repr(first)
    assert entries(cache_folder) == kept


def test_a_changed_file_is_read_again(write: Write) -> None:
    """An entry counts only for the bytes it was made from."""
    path = write(SUITE)
    expand(path)
    write(SUITE.replace("title: T", "title: U"))
    assert expand(path)[0].steps[0].interactions[0].request["headers"] == {"X": "U"}


def test_changed_rules_are_looked_at_again(write: Write) -> None:
    """A suite that loaded does not load any more when its rule is gone."""
    rules = "rules: [{id: MY-01, text: Mine., editions: latest, evidence: documented, source: me}]\n"
    write(rules, "rules/my.yaml")
    path = write("suite: s\nscenarios: [{id: a, rules: [MY-01], interactions: []}]\n")
    expand(path)
    write(rules.replace("MY-01", "MY-02"), "rules/my.yaml")
    with pytest.raises(LoadError, match='unknown rule "MY-01"'):
        load(path)


def test_a_recording_that_is_gone_is_missed(write: Write, tmp_path: Path) -> None:
    """A suite from the cache still needs the cassettes it names."""
    cassette = write("interactions: []\n", "cassettes/one.yaml")
    path = write("suite: s\nscenarios: [{id: a, interactions: [{reply: {cassette: one.yaml}}]}]\n")
    expand(path)
    cassette.unlink()
    with pytest.raises(LoadError, match=r"no cassette 'one\.yaml'"):
        load(path)


def test_a_recording_that_was_only_planned_is_missed(write: Write) -> None:
    """What loads for a recording does not therefore load for a run."""
    path = write("suite: s\nscenarios: [{id: a, interactions: [{reply: {cassette: one.yaml}}]}]\n")
    list(load(path, new_cassettes=True).cases())
    with pytest.raises(LoadError, match=r"no cassette 'one\.yaml' .*`harness record` creates it"):
        load(path)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda raw: b"",
        lambda raw: raw[: len(raw) // 2],
        lambda raw: raw.replace(b'"suite"', b'"siute"').replace(b'"s"', b'"z"'),
        lambda raw: b"\xff" * len(raw),
        lambda raw: raw.split(b"\n")[0] + b"\n{}",
        lambda raw: raw.split(b" ")[0] + b" 223132457\n{}",  # what crc32 says of {}
        lambda raw: raw.split(b" ")[0] + b" x\n{}",
    ],
)
def test_a_spoilt_entry_counts_as_nothing(
    spoil: Callable[[bytes], bytes], write: Write, cache_folder: Path
) -> None:
    """Whatever is found in the cache, the cases are those of the file."""
    path = write(SUITE)
    first = repr(expand(path))
    for file, raw in entries(cache_folder).items():
        file.write_bytes(spoil(raw))
    assert repr(expand(path)) == first


def test_a_suite_with_problems_is_not_kept(write: Write, cache_folder: Path) -> None:
    """Only what loaded without a problem is kept, so that problems are named again."""
    path = write("suite: s\nscenarios: [{id: a}]\n")
    for _ in range(2):
        with pytest.raises(LoadError, match="interactions is missing"):
            load(path)
    assert not any(b"interactions" in raw for raw in entries(cache_folder).values())


def test_a_cache_that_cannot_be_written_is_done_without(write: Write, cache_folder: Path) -> None:
    """A file where the folder should be, for example, changes nothing."""
    cache_folder.write_text("not a folder")
    assert len(expand(write(SUITE))) == 6


def test_the_cache_can_be_switched_off(
    write: Write, cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HARNESS_CACHE=0 neither reads nor writes."""
    monkeypatch.setenv("HARNESS_CACHE", "0")
    expand(write(SUITE))
    assert not cache_folder.exists()


def test_without_a_name_the_cache_is_in_the_users_folder(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The platform says where caches of a user belong."""
    monkeypatch.delenv("HARNESS_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    expand(write(SUITE))
    assert len(list(tmp_path.rglob("provider-conformance-harness/**/*.json"))) > 0


def test_a_value_json_cannot_hold_is_loaded_all_the_same(write: Write) -> None:
    """An integer beyond 64 bits keeps its digits, with or without a cache."""
    path = write(f"suite: s\nscenarios: [{{id: a, input: {{body: {{n: {10**30}}}}}, interactions: []}}]\n")
    for _ in range(2):
        assert expand(path)[0].steps[0].input["body"] == {"n": 10**30}
