"""The call that is being typed, read from what stands before the cursor."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudkit.shell.prompt.opened import OpenCall, open_call


@pytest.mark.parametrize(
    ("source", "call"),
    [
        ("web.scale(", OpenCall(callee="web.scale")),
        ("web.scale(3, ", OpenCall(callee="web.scale", before=("3",))),
        ("x = web.scale(2, wait=", OpenCall(callee="web.scale", before=("2",), keyword="wait")),
        ('cloud.app("we', OpenCall(callee="cloud.app", fragment="we", quote='"')),
        ("cloud.app('web').scale(", OpenCall(callee="cloud.app('web').scale")),
        ('print(web.logs(replica="we', OpenCall(callee="web.logs", keyword="replica", fragment="we", quote='"')),
        ("web.exec('sh', '-c', '", OpenCall(callee="web.exec", before=("'sh'", "'-c'"), quote="'")),
        ("f(a, (1, 2), [3, 4], ", OpenCall(callee="f", before=("a", "(1, 2)", "[3, 4]"))),
        ("# a ( remark\nweb.scale(", OpenCall(callee="web.scale")),
        ('"""a ( text"""; web.scale(', OpenCall(callee="web.scale")),
        ("web.scale(\n    3,\n    wa", OpenCall(callee="web.scale", before=("3",), fragment="wa")),
    ],
)
def test_the_innermost_open_call_is_read(source: str, call: OpenCall) -> None:
    """Its function, its arguments so far, and what is being typed."""
    assert open_call(source) == call


@pytest.mark.parametrize(
    "source",
    ["", "web", "web.scale(3)", "[1, ", "web.deploy(env={", "(", "3 + (", 'f(["', 'f(x + "a', "f(g[", "# f(", "'f("],
)
def test_where_no_call_is_open_there_is_none(source: str) -> None:
    """Neither in a list or a mapping, nor in a text that is a part of more."""
    assert open_call(source) is None


@given(st.text(alphabet="ab.(){}[],'\"#=\\\n ", max_size=60))
def test_no_text_is_too_broken(source: str) -> None:
    """Whatever stands before the cursor, it is read or it is not."""
    call = open_call(source)

    assert call is None or call.callee
