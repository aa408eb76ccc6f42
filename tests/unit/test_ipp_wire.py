"""IPP messages: what is asked is well-formed, and whatever comes back, only one error comes out."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.printer.api import Document
from drivers.printer.ipp.printer import BadPrinterUri, IppPrinter
from drivers.printer.ipp.wire import BadMessage, Operation, Tag, answer, question

ASKED = question(
    Operation.GET_JOB_ATTRIBUTES,
    7,
    ((Tag.INTEGER, "job-id", 3), (Tag.KEYWORD, "requested-attributes", ("job-state", "job-name"))),
    b"document",
)


def test_a_question_reads_back() -> None:
    read = answer(ASKED)
    assert read.status == Operation.GET_JOB_ATTRIBUTES
    assert read.number("job-id") == 3
    assert read.words("requested-attributes") == ("job-state", "job-name")
    assert read.words("attributes-charset") == ("utf-8",)
    assert ASKED.endswith(b"\x03document")


@given(st.integers(0, len(ASKED) - 10))
def test_an_answer_that_breaks_off_is_refused(length: int) -> None:
    with pytest.raises(BadMessage):
        answer(ASKED[:length])


@given(st.binary(max_size=200))
def test_noise_is_read_or_refused(noise: bytes) -> None:
    with contextlib.suppress(BadMessage):
        answer(noise)


@pytest.mark.parametrize("uri", ["", "printer", "http://h/p", "ipp:///p"])
def test_what_is_no_address_is_refused(uri: str) -> None:
    with pytest.raises(BadPrinterUri, match="ipp://HOST"):
        IppPrinter(uri)


@pytest.mark.parametrize(("name", "pdf"), [("Act", b"%PDF-1.4"), ("act", b"GIF89a")])
def test_a_document_is_a_pdf_with_a_plain_name(name: str, pdf: bytes) -> None:
    with pytest.raises(ValueError, match="document"):
        Document(name, pdf)
