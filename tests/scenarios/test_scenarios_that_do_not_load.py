"""Files that must not load: what is said about them, and where."""

from __future__ import annotations

import re
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from textwrap import indent

import pytest

from harness.errors import LoadError
from harness.scenarios import load

Write = Callable[..., Path]


def suite(scenarios: str, *, before: str = "") -> str:
    """A suite of these scenarios; the first of them begins in line 3, later if something stands before."""
    return f"suite: s\n{before}scenarios:\n{indent(scenarios, '  ')}"


def one(body: str, *, before: str = "") -> str:
    """A suite of one scenario, whose keys begin in line 4, column 5."""
    return suite(f"- id: a\n{indent(body, '  ')}\n", before=before)


def request(body: str, *, before: str = "") -> str:
    """A suite of one expected request, whose keys begin in line 6, column 9."""
    inner = indent(body, "      ")
    return one(f"interactions:\n  - request:\n{inner}\n", before=before)


def reply(body: str) -> str:
    """A suite of one reply, written in line 6 after `reply: `."""
    return one(f"interactions:\n  - request: {{}}\n    reply: {body}\n")


SYNTAX = {
    "nothing at all": ("", 1, 1, "is empty"),
    "a comment only": ("# nothing\n", 1, 1, "is empty"),
    "an open bracket": ("suite: s\nscenarios: [\n", 3, 1, "missing quote, bracket or space"),
    "an open quote": ("suite: 's\n", 2, 1, "missing quote, bracket or space"),
    "a tab": ("suite: s\nscenarios:\n\t- id: a\n", 3, 1, "indent with spaces, not tabs"),
    "a second document": ("suite: s\n---\nsuite: t\n", 2, 1, "a second document begins here"),
    "a colon in a text": ("suite: s\nabout: data: x\n", 2, 12, "quote this value: it contains a colon"),
    "half a surrogate pair": ('suite: "\\ud83d\\ude00"\n', 1, 11, "write the character itself"),
    "an at-sign": (
        "suite: s\nabout: @home\n",
        2,
        8,
        "quote this value: an unquoted value cannot begin with this character",
    ),
    "an unquoted variable in { }": (
        one("input: {base_url: ${each.base}}\ninteractions: []"),
        4,
        23,
        'quote this value: "${…}" needs quotes inside { } and [ ]',
    ),
    "an unquoted variable in [ ]": (
        one("tags: [${a}]\ninteractions: []"),
        4,
        12,
        'quote this value: "${…}" needs quotes',
    ),
    "an unquoted path in [ ]": (
        request("forbid_body: [$.messages[*].x]"),
        6,
        25,
        "quote this value: a JSONPath with [ ] needs quotes",
    ),
    "an unquoted star": (request("closed_headers: [*]"), 6, 28, 'quote this value: "*" begins an alias'),
    "a star in front of a name": (
        request("forbid_headers: [*-Title]"),
        6,
        28,
        'unknown anchor &-Title: quote this value ("*-Title")',
    ),
    "a question mark": (one("tags: [? a, b]\ninteractions: []"), 4, 15, 'the key "a" has no value'),
    "a key twice": ("suite: s\nabout: a\nabout: b\nscenarios: []\n", 3, 1, "appears twice (first on line 2)"),
    "a key twice in a body": (request("body: {a: 1, b: 2, a: 3}"), 6, 30, 'the key "a" appears twice'),
    "a tag": (
        "suite: !!python/object:os.system s\n",
        1,
        8,
        "tags (tag:yaml.org,2002:python/object:os.system)",
    ),
    "a merge key": (
        one("input: {<<: {a: 1}}\ninteractions: []"),
        4,
        13,
        "merge keys (<<) are not supported: write the keys out",
    ),
    "an unknown alias": (one("interactions: [*look_up]"), 4, 20, "unknown anchor &look_up"),
    "an alias in itself": (
        one("input: &a {body: {x: *a}}\ninteractions: []"),
        4,
        26,
        "inside its own anchor &a",
    ),
    "a comma that splits a text": (
        request("headers: {X-Categories: cli-agent,cloud-agent}"),
        6,
        56,
        'the key "cloud-agent" has no value: quote the text if a comma split it',
    ),
    "a colon without a blank": (request("body: {a:1}"), 6, 21, 'the key "a:1" has no value'),
    "True": (request("body: {a: True}"), 6, 21, 'quote it ("True")'),
    "012": (request("body: {a: 012}"), 6, 21, 'quote it ("012")'),
    "0x10": (request("body: {a: 0x10}"), 6, 21, 'quote it ("0x10")'),
    ".nan": (request("body: {a: .nan}"), 6, 21, 'quote it (".nan")'),
    "a tilde": (request("body: {a: ~}"), 6, 21, 'quote it ("~")'),
    "a plus sign": (request("body: {a: +1}"), 6, 21, 'quote it ("+1")'),
    "an underscore in a number": (request("body: {a: 1_000}"), 6, 21, 'quote it ("1_000")'),
    "a number beyond all bounds": (request("body: {a: 1e999}"), 6, 21, "out of range for a number"),
    "a number with too many digits": (request(f"body: {{a: {'9' * 5000}}}"), 6, 21, "5000 digits"),
    "a key that is a number": (request("body: {1: a}"), 6, 18, 'keys must be strings: quote it ("1")'),
    "a key that is a list": (one("? [a]\n: b\ninteractions: []"), 4, 7, "keys must be strings: quote it"),
}

SHAPE = {
    "no mapping": ("- a\n", 1, 1, "must be a mapping with suite and scenarios, not a list"),
    "no scenarios": ("suite: s\n", 1, 1, "scenarios is missing"),
    "no scenario": ("suite: s\nscenarios: []\n", 2, 1, "must have at least 1 item"),
    "a bad name": ("suite: a b\nscenarios: [{id: a, interactions: []}]\n", 1, 1, "made of letters, digits"),
    "a name that leads upwards": (
        "suite: ../x\nscenarios: [{id: a, interactions: []}]\n",
        1,
        1,
        "made of letters",
    ),
    "an unknown key of the suite": (
        "suite: s\ndefault: {}\nscenarios: [{id: a, interactions: []}]\n",
        2,
        1,
        "unknown key \"default\"; did you mean 'defaults'?",
    ),
    "an unknown key of the scenario": (
        one("interaction: []\ninteractions: []"),
        4,
        5,
        "unknown key \"interaction\"; did you mean 'interactions'?",
    ),
    "an unknown key of the request": (
        request("forbidden_headers: [a]"),
        6,
        11,
        "unknown key \"forbidden_headers\"; did you mean 'forbid_headers'?",
    ),
    "an unknown key of the input": (
        one("input: {basse_url: x}\ninteractions: []"),
        4,
        13,
        "unknown key \"basse_url\"; did you mean 'base_url'?",
    ),
    "an unknown key of the reply": (reply("{jsn: {}}"), 6, 17, "unknown key \"jsn\"; did you mean 'json'?"),
    "an unknown key of the outcome": (
        one("interactions: []\noutcome: {eror: {}}"),
        5,
        15,
        "unknown key \"eror\"; did you mean 'error'?",
    ),
    "a text for a list": (request("forbid_headers: X-Title"), 6, 11, "must be a list, not the string"),
    "a list for a mapping": (request("headers: [X-Title]"), 6, 11, "must be a mapping, not a list"),
    "a boolean for a number": (reply("{status: true}"), 6, 17, "must be a whole number, not true"),
    "a status out of range": (reply("{status: 999}"), 6, 17, "must be 599 or less, not 999"),
    "an unknown operation": (
        one("input: {operation: chatt}\ninteractions: []"),
        4,
        13,
        'unknown operation "chatt"',
    ),
    "an unknown edition": (
        one("editions: 2026-5\ninteractions: []"),
        4,
        5,
        'unknown edition "2026-5"',
    ),
    "an unknown class of errors": (
        one("interactions: []\noutcome: {error: {class: ratelimit}}"),
        5,
        23,
        "did you mean 'rate_limit'?",
    ),
    "pictures that are none": (
        one("input: {operation: image, images: 3}\ninteractions: []"),
        4,
        31,
        "must be a list or null, not a number",
    ),
    "an unknown key of the usage": (
        one("interactions: []\noutcome: {usage: {input_token: 3}}"),
        5,
        23,
        "unknown key \"input_token\"; did you mean 'input_tokens'?",
    ),
    "an unknown key of an artifact": (
        one("interactions: []\noutcome: {artifacts: [{mimetype: video/mp4}]}"),
        5,
        28,
        "unknown key \"mimetype\"; did you mean 'mime_type'?",
    ),
    "an unknown key of a window of the budget": (
        one("interactions: []\noutcome: {budget: {windows: [{used_precent: 3}]}}"),
        5,
        35,
        "unknown key \"used_precent\"; did you mean 'used_percent'?",
    ),
    "an unknown key of a price": (
        one("interactions: []\noutcome: {models: [{cost: {inputs: 3}}]}"),
        5,
        32,
        "unknown key \"inputs\"; did you mean 'input'?",
    ),
    "an unknown standing of a check": (
        one("interactions: []\noutcome: {checks: [{rule: AC-PRE-01, standing: ok}]}"),
        5,
        42,
        '"ok"; expected one of pass, warn, fail, unknown',
    ),
    "an unknown ending": (
        one("interactions: []\noutcome: {finish_reason: tool_calls}"),
        5,
        15,
        '"tool_calls"; expected one of stop, length, function',
    ),
    "a wait that is no number": (
        one("interactions: [{request: {}, after_ms: {$regex: '^5'}}]"),
        4,
        34,
        "a wait is a number, which $regex never matches",
    ),
    "waits one of which is no number": (
        one("interactions: [{request: {}, repeat: {max: 2}, after_ms: [0, {$any: string}]}]"),
        4,
        52,
        "a wait is a number, which $any never matches",
    ),
    "an unknown feature": (one("requires: [clok]\ninteractions: []"), 4, 16, "did you mean 'clock'?"),
    "an unknown fault": (reply("{fault: tiemout}"), 6, 17, "did you mean 'timeout'?"),
    "no interactions": (one("about: x"), 3, 5, "interactions is missing; write [] if nothing may be sent"),
    "steps without interactions": (one("steps: [{input: {}}]"), 4, 13, "interactions is missing"),
}

MEANING = {
    "an id twice": (
        suite("- {id: a, interactions: []}\n- {id: a, interactions: []}\n"),
        4,
        6,
        'another scenario of this file is called "a"',
    ),
    "rows of one name": (
        one("for_each: [{x: b c}, {x: b-c}]\ninteractions: []"),
        4,
        26,
        'another row is called "b-c" too: give the rows ids',
    ),
    "a row without a name": (one('for_each: [{x: "  "}]\ninteractions: []'), 4, 16, "give the row an id"),
    "an unknown rule": (
        one("rules: [AC-HRD-02]\ninteractions: []"),
        4,
        13,
        "unknown rule \"AC-HRD-02\"; did you mean 'AC-HDR-02'?",
    ),
    "an unknown variant": (
        suite("- {id: a, interactions: []}\n- {id: b, variant_of: c, interactions: []}\n"),
        4,
        13,
        'no scenario of this file is called "c"',
    ),
    "variants in a circle": (
        suite(
            "- {id: a, variant_of: b, interactions: []}\n"
            "- {id: b, variant_of: c, interactions: []}\n"
            "- {id: c, variant_of: a, interactions: []}\n"
        ),
        3,
        13,
        "variant_of is circular: a → b → c → a",
    ),
    "steps and interactions": (
        one("interactions: []\nsteps: [{interactions: []}]"),
        4,
        5,
        "with steps, interactions belongs in the steps",
    ),
    "a disputed scenario without a reading": (
        one("evidence: disputed\ninteractions: []"),
        3,
        5,
        "a disputed scenario needs reading: docs or reading: build",
    ),
    "a reading of what is not disputed": (
        one("reading: docs\ninteractions: []"),
        4,
        5,
        "reading is for disputed scenarios; this one is documented",
    ),
    "rules without a common edition": (
        one("rules: [AC-HDR-03, AC-HDR-04]\ninteractions: []"),
        4,
        5,
        "no edition has all of these rules",
    ),
    "an edition in which no rule holds": (
        one("rules: [AC-HDR-04]\neditions: [2026-04, 2026-05]\ninteractions: []"),
        5,
        5,
        "none of its rules (AC-HDR-04) applies in 2026-04",
    ),
    "a range over two lines": (
        one("editions: {from: gateway, until: 2026-05}\ninteractions: []"),
        4,
        5,
        "no edition is from gateway up to, not including, 2026-05",
    ),
    "an unknown variable": (
        request("url: ${root}/v1", before="vars: {rooot: 'https://x'}\n"),
        7,
        11,
        "${root}: unknown variable root; did you mean 'rooot'?",
    ),
    "an unknown part of a variable": (
        request("headers: {X: '${app.titel}'}", before="vars: {app: {title: T}}\n"),
        7,
        21,
        "${app.titel}: app has no titel; did you mean 'title'?",
    ),
    "a row that lacks a value": (
        one("for_each: [{id: p, base: x}, {id: q}]\ninput: {base_url: '${each.base}'}\ninteractions: []"),
        5,
        13,
        "${each.base}: each has no base",
    ),
    "each without for_each": (one("input: {model: '${each.m}'}\ninteractions: []"), 4, 13, "needs for_each"),
    "variables in a circle": (
        request("url: ${a}", before="vars: {a: '${b}', b: 'x${a}'}\n"),
        7,
        11,
        "${a} refers to itself: a → b → a",
    ),
    "a variable that is not closed": (request("url: 'https://${a'"), 6, 11, '"${" is not closed by "}"'),
    "a variable without a name": (
        request("url: 'https://${a b}'"),
        6,
        11,
        "is not a variable name; a literal ${",
    ),
    "a variable of the harness's own name": (
        one("interactions: []", before="vars: {each: 1}\n"),
        2,
        8,
        "each is reserved by the harness",
    ),
    "a mapping inside a text": (
        request("url: https://x/${a}", before="vars: {a: {b: 1}}\n"),
        7,
        11,
        "${a} is a mapping and cannot be inserted into a string",
    ),
    "a variable of the wrong type": (
        request("forbid_headers: '${a}'", before="vars: {a: 5}\n"),
        7,
        11,
        "must be a list, not a number",
    ),
    "an edition choice that says nothing": (
        one("editions: {from: 2026-04}\ninput: {model: {$edition: {2026-05: x}}}\ninteractions: []"),
        5,
        13,
        "$edition has no value for 2026-04, only for 2026-05",
    ),
    "an edition choice that says nothing for one of several editions": (
        one("editions: [2026-05, gateway]\ninput: {model: {$edition: {2026-05: x}}}\ninteractions: []"),
        5,
        13,
        "$edition has no value for gateway, only for 2026-05",
    ),
    "an edition choice of an unknown version": (
        one("input: {model: {$edition: {2026-6: x}}}\ninteractions: []"),
        4,
        32,
        'unknown edition "2026-6"',
    ),
    "an unknown matcher": (
        request("body: {id: {$regx: x}}"),
        6,
        18,
        "$regx is not a matcher; did you mean '$regex'?",
    ),
    "a bad regular expression": (request("body: {id: {$regex: '('}}"), 6, 18, "is not a regular expression"),
    "a matcher with the wrong argument": (
        request("body: {id: {$any: strin}}"),
        6,
        18,
        "did you mean 'string'?",
    ),
    "a matcher beside a key": (
        request("body: {id: {$any: string, x: 1}}"),
        6,
        23,
        "$any must be the only key of its mapping; write $$any for a literal key",
    ),
    "a matcher in the input": (
        one("input: {model: {$any: string}}\ninteractions: []"),
        4,
        13,
        "$any is a matcher, and input is data",
    ),
    "a matcher in a reply": (
        reply("{json: {id: {$any: string}}}"),
        6,
        24,
        "$any is a matcher, and input is data",
    ),
    "a bad path": (request("forbid_body: ['$.a[']"), 6, 25, "is not a JSONPath"),
    "a path without a dollar": (request("body_at: {messages: 1}"), 6, 21, "is not a JSONPath"),
    "a header both expected and forbidden": (
        request("headers: {X-Title: a}\nforbid_headers: [x-*]"),
        7,
        28,
        "x-* is forbidden here, but the same request expects X-Title",
    ),
    "a default header that is forbidden": (
        request(
            "forbid_headers: [Authorization]",
            before="defaults: {request: {headers: {authorization: x}}}\n",
        ),
        7,
        28,
        "Authorization is forbidden here, but the same request expects authorization",
    ),
    "a header twice": (request("headers: {X-Title: a, x-title: b}"), 6, 33, "are the same header"),
    "a header that is none": (request("headers: {X Title: a}"), 6, 21, '"X Title" is not a header name'),
    "a URL that is not whole": (request("url: /v1/chat"), 6, 11, "is not an absolute URL"),
    "a host with a port": (request("host: x.example:80"), 6, 11, "is more than a host"),
    "a method in small letters": (request("method: post"), 6, 11, "write methods in capitals: POST"),
    "two bodies": (reply("{json: {}, text: x}"), 6, 27, "a reply has one body, not json and text"),
    "bad base64": (reply("{base64: 'QU=JD'}"), 6, 17, "is not base64"),
    "a cassette that is missing": (reply("{cassette: none.yaml}"), 6, 17, "no cassette 'none.yaml'"),
    "a cassette elsewhere": (
        reply("{cassette: ../../x.yaml}"),
        6,
        17,
        "inside the cassettes folder, without ..",
    ),
    "a cassette at the root": (reply("{cassette: /etc/passwd}"), 6, 17, "inside the cassettes folder"),
    "a cassette and a body": (reply("{cassette: a.yaml, text: x}"), 6, 35, "text comes from the cassette"),
    "a check without a cassette": (reply("{check_request: true}"), 6, 17, "is for a reply with a cassette"),
    "a sequence and a status": (reply("{sequence: [{}], status: 200}"), 6, 33, "belongs in the replies"),
    "a minimum above the maximum": (
        one("interactions: [{repeat: {min: 3, max: 2}}]"),
        4,
        21,
        "min (3) is more than max (2)",
    ),
    "too many waits": (
        one("interactions: [{after_ms: [0, 1]}]"),
        4,
        21,
        "after_ms has 2 waits for 1 requests",
    ),
    "an unknown earlier interaction": (
        one("interactions: [{id: first}, {request: {same_as: frist}}]"),
        4,
        44,
        "no earlier interaction is called \"frist\"; did you mean 'first'?",
    ),
    "a later interaction": (
        one("interactions: [{request: {keeps: {b: [$.a]}}}, {id: b}]"),
        4,
        39,
        'no earlier interaction is called "b"',
    ),
    "an ambiguous interaction": (
        one(
            "interactions:\n"
            "  - {repeat: {min: 0}, request: {method: GET, url: 'https://a.example/'}}\n"
            "  - {request: {method: GET, url: 'https://A.example'}}\n"
        ),
        5,
        9,
        "ambiguous: it may be left out",
    ),
    "an expected request that is forbidden": (
        one(
            "interactions: [{request: {url: 'https://api.x.example/v1'}}]\n"
            "forbid_requests: [{host: '*.x.example'}]"
        ),
        5,
        23,
        "forbids a request that interaction 0 expects",
    ),
    "everything forbidden": (one("interactions: []\nforbid_requests: [{}]"), 5, 23, "write interactions: []"),
}


@pytest.mark.parametrize(("text", "line", "column", "message"), SYNTAX.values(), ids=SYNTAX)
def test_what_is_not_yaml_as_we_read_it_is_refused(
    text: str, line: int, column: int, message: str, write: Write
) -> None:
    """Text that is no YAML, or means different things to different readers, is refused with advice."""
    assert_refused(write(text), line, column, message)


@pytest.mark.parametrize(("text", "line", "column", "message"), SHAPE.values(), ids=SHAPE)
def test_what_has_not_the_shape_of_a_suite_is_refused(
    text: str, line: int, column: int, message: str, write: Write
) -> None:
    """Unknown keys, missing keys and wrong types are refused at their place."""
    assert_refused(write(text), line, column, message)


@pytest.mark.parametrize(("text", "line", "column", "message"), MEANING.values(), ids=MEANING)
def test_what_cannot_be_meant_is_refused(
    text: str, line: int, column: int, message: str, write: Write
) -> None:
    """What no case could be made of, or no implementation could meet, is refused at its place."""
    assert_refused(write(text), line, column, message)


def assert_refused(path: Path, line: int, column: int, message: str) -> None:
    with pytest.raises(LoadError) as caught:
        load(path)
    assert f"{path}:{line}:{column}: " in str(caught.value)
    at_place = [str(each) for each in caught.value.problems if f":{line}:{column}: " in str(each)]
    assert any(message in each for each in at_place), str(caught.value)


# ------------------------------------------------------------------ bounds


def refusal_within(path: Path, mebibytes: float) -> str:
    """What is said of a file that is refused without taking more memory than this."""
    small = path.with_name("small.yaml")
    small.write_text("suite: small\nscenarios: [{id: a, interactions: []}]\n", "utf-8")
    load(small)  # so that the rules are at hand
    tracemalloc.start()
    try:
        with pytest.raises(LoadError) as caught:
            load(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < mebibytes * 1024**2
    return str(caught.value)


def test_a_file_of_50_mib_is_refused_before_it_is_read(tmp_path: Path) -> None:
    """The size is looked at first: a large file costs no memory."""
    path = tmp_path / "large.yaml"
    with path.open("wb") as file:
        file.truncate(50 * 1024**2)
    assert f"{path}:1:1: has 50 MiB; more than 8 MiB cannot be read" in refusal_within(path, 8)


def test_an_alias_bomb_is_refused_while_it_is_small(write: Write) -> None:
    """Aliases count as often as they are written out, and a million values are too many."""
    levels = "\n".join(f"  v{n}: &v{n} [{', '.join([f'*v{n - 1}'] * 10)}]" for n in range(1, 12))
    path = write(f"suite: s\nvars:\n  v0: &v0 [x]\n{levels}\nscenarios: [{{id: a, interactions: []}}]\n")
    assert re.search(
        r"suite\.yaml:9:\d+: has more than 1,000,000 values once aliases are expanded",
        refusal_within(path, 8),
    )


def test_a_bomb_of_variables_is_refused_while_it_is_small(write: Write) -> None:
    """Variables that hold variables count as often as they are written out."""
    levels = "".join(
        f"  v{n}: [{', '.join([chr(34) + f'${{v{n - 1}}}' + chr(34)] * 10)}]\n" for n in range(1, 12)
    )
    path = write(
        f"suite: s\nvars:\n  v0: x\n{levels}"
        "scenarios: [{id: a, input: {body: {b: '${v11}'}}, interactions: []}]\n"
    )
    assert "expands to more than 1,000,000 values" in refusal_within(path, 64)


def test_a_bomb_of_texts_is_refused_while_it_is_small(write: Write) -> None:
    """The texts that are put together for a case have an end."""
    levels = "".join(f"  v{n}: {f'${{v{n - 1}}}' * 10}\n" for n in range(1, 12))
    path = write(
        f"suite: s\nvars:\n  v0: {'x' * 100}\n{levels}"
        "scenarios: [{id: a, input: {system: '${v11}'}, interactions: []}]\n"
    )
    assert "the strings of this case exceed 16 MiB" in refusal_within(path, 64)


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "[{a: "])
def test_deep_nesting_is_refused_while_it_is_read(opening: str, write: Write) -> None:
    """More than a hundred levels are too deep, however many follow."""
    message = refusal_within(write(opening * 200_000), 16)
    assert re.search(r"suite\.yaml:1:\d+: is nested more than 100 levels deep", message)


def test_variables_do_not_nest_deeper_than_files(write: Write) -> None:
    """What is too deep when its variables are filled in is refused."""
    levels = "".join(f'  v{n}: {"[" * 50}"${{v{n - 1}}}"{"]" * 50}\n' for n in range(1, 30))
    path = write(
        f"suite: s\nvars:\n  v0: x\n{levels}"
        "scenarios: [{id: a, input: {body: {b: '${v29}'}}, interactions: []}]\n"
    )
    assert "is nested too deeply" in refusal_within(path, 16)


def test_many_problems_are_cut_short(write: Write) -> None:
    """A file that is wrong all over is not read to its end."""
    path = write("suite: s\nvars: {" + ", ".join(["a: True"] * 50_000) + "}\n")
    assert refusal_within(path, 16).count("\n") < 250


@pytest.mark.parametrize(
    ("raw", "place", "message"),
    [
        (b"suite: s\nabout: \xff\xfe\n", "2:8", "is not UTF-8 text"),
        ("suite: s\n".encode("utf-16"), "1:1", "is not UTF-8 text"),
        (b"suite: s\nabout: a\0b\n", "2:9", "is not text: it contains a NUL character"),
        (b"suite: s\nabout: a\x07\n", "2:9", "write the control character U+0007"),
        (b"\x89PNG\r\n\x1a\n", "1:1", "is not UTF-8 text"),
    ],
)
def test_what_is_not_text_is_refused(raw: bytes, place: str, message: str, tmp_path: Path) -> None:
    """Binary data, other encodings and control characters are named where they stand."""
    path = tmp_path / "suite.yaml"
    path.write_bytes(raw)
    with pytest.raises(LoadError) as caught:
        load(path)
    assert f"{path}:{place}: {message}" in str(caught.value)


def test_a_file_that_is_not_there_is_named() -> None:
    """A path that leads nowhere is an error, not an empty run."""
    with pytest.raises(LoadError, match=r"nowhere\.yaml:1:1: no such file or folder"):
        load("nowhere.yaml")


def test_a_folder_without_suites_is_named(tmp_path: Path) -> None:
    """A folder that holds no suite is an error, not an empty run."""
    (tmp_path / "other.yaml").write_text("services: {}\n")
    with pytest.raises(LoadError, match="no suite found"):
        load(tmp_path)


def test_a_device_is_no_suite() -> None:
    """Only ordinary files are read, so that nothing waits for ever."""
    with pytest.raises(LoadError, match="is not a regular file"):
        load("/dev/zero")


def test_a_cassette_behind_a_link_out_of_its_folder_is_refused(write: Write, tmp_path: Path) -> None:
    """A symbolic link does not lead a reply to files outside the cassettes folder."""
    (tmp_path / "secret.yaml").write_text("interactions: []\n")
    (tmp_path / "cassettes").mkdir()
    (tmp_path / "cassettes" / "a.yaml").symlink_to(tmp_path / "secret.yaml")
    assert_refused(write(reply("{cassette: a.yaml}")), 6, 17, "leads out of")


# ------------------------------------------------------------------ all at once


def test_all_problems_of_all_files_come_at_once(write: Write, tmp_path: Path) -> None:
    """Syntax, shape and meaning, in several files: one error names them all, sorted by place."""
    write("suite: a\nabout: {\nscenarios: []\n", "a.yaml")
    write(
        """\
        suite: b
        vars: {n: 012}
        scenarios:
          - {id: one, interactoins: [], interactions: []}
          - {id: two, input: {model: "${nobody}"}, interactions: []}
          - {id: three, rules: [AC-NONE-01], interactions: []}
        """,
        "b.yaml",
    )
    with pytest.raises(LoadError) as caught:
        load(tmp_path)
    places = [f"{Path(p.location.file).name}:{p.location.line}" for p in caught.value.problems]
    assert places == ["a.yaml:4", "b.yaml:2", "b.yaml:4", "b.yaml:5", "b.yaml:6"]


def test_a_name_used_in_two_files_does_not_load(write: Write, tmp_path: Path) -> None:
    """Case names are unique over everything that is loaded together."""
    write("suite: s\nscenarios: [{id: a, interactions: []}]\n", "one.yaml")
    write("suite: s\nscenarios: [{id: b, interactions: []}, {id: a, interactions: []}]\n", "two.yaml")
    with pytest.raises(LoadError, match=r"two\.yaml:2:1: s/a is also the name of a case in .*one\.yaml"):
        load(tmp_path)
