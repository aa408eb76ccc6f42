r"""Patterns of what is decoded end where the text ends: `$` would let one more line break through, `\Z` does not."""

import ast
import re
from pathlib import Path
from typing import Annotated

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.documents.package_fields import Clock, ElectionPackage
from protocol.documents.shapes import Digest, Identifier, Mode, Moment

ROOT = Path(__file__).parents[2]
TREES = ("protocol", "provisioning", "central", "drivers")


def texts(node: ast.expr) -> str:
    """The text of a literal; what is filled into it is left out."""
    return "".join(part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and type(part.value) is str)


def calls_with_patterns() -> list[tuple[str, str]]:
    """Where a pattern stands, and the pattern; those that look at text line by line are about lines."""
    found = []
    for path in sorted(one for tree in TREES for one in (ROOT / tree).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or "MULTILINE" in ast.unparse(node):
                continue
            named = [keyword.value for keyword in node.keywords if keyword.arg == "pattern"]
            own = [node.args[0]] if ast.unparse(node.func).startswith("re.") and node.args else []
            place = f"{path.relative_to(ROOT)}:{node.lineno}"
            found += [(place, texts(pattern)) for pattern in (*named, *own)]
    return found


PATTERNS = calls_with_patterns()
WHOLE = sorted({pattern for _, pattern in PATTERNS if pattern.endswith(r"\Z")})


def test_there_are_patterns_and_none_ends_with_a_dollar() -> None:
    assert len(WHOLE) > 20
    assert [place for place, pattern in PATTERNS if re.search(r"(?<!\\)\$(\||\)|\Z)", pattern)] == []


@pytest.mark.parametrize("pattern", WHOLE)
@given(data=st.data())
@settings(max_examples=10)
def test_a_line_break_behind_a_good_text_is_refused(pattern: str, data: st.DataObject) -> None:
    shape = Annotated[str, msgspec.Meta(pattern=pattern)]
    text = data.draw(st.from_regex(pattern))
    assert msgspec.convert(text, shape) == text
    with pytest.raises(msgspec.ValidationError, match="matching regex"):
        msgspec.convert(text + "\n", shape)


@pytest.mark.parametrize(
    ("shape", "text"),
    [
        (Digest, "a" * 64),
        (Identifier, "0112"),
        (Mode, "official"),
        (Moment, "2026-09-20T08:00+03:00"),
        (Clock, "08:00"),
    ],
)
def test_the_shapes_themselves_refuse_it(shape: type[str], text: str) -> None:
    assert msgspec.convert(text, shape) == text
    for wrong in (f"{text}\n", f"\n{text}", text.replace("0", "٠") + "\u2028"):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(wrong, shape)


def test_a_format_line_refuses_it_too() -> None:
    fields = {field.name: field.type for field in msgspec.structs.fields(ElectionPackage)}
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert("polling-terminal election package 1\n", fields["format"])
