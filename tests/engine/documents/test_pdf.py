"""What a PDF says of itself, and what becomes of files that are not what they seem."""

import sys
from datetime import datetime
from types import SimpleNamespace

import pytest
from papers import a_pdf, a_stamp, added_to, signed, signer_of

from engine.documents import pdf
from engine.documents.pdf import read_files, read_pdf
from engine.errors import UnreadableFile


def test_the_text_pages_and_day_of_making_are_read():
    told = read_pdf(a_pdf(made=datetime(2024, 3, 12, 10, 0)))
    assert (told.pages, told.revisions, told.signatures, told.pictures) == (1, 1, (), ())
    assert "EUC/2024/0017" in told.text
    assert told.created_at == datetime(2024, 3, 12, 10, 0)


def test_a_file_saved_into_again_has_two_revisions():
    assert read_pdf(added_to(a_pdf())).revisions == 2


def test_a_file_laid_out_for_the_web_was_saved_once():
    data = a_pdf()
    head, rest = data[: data.index(b"\n") + 1], data[data.index(b"\n") + 1 :]
    assert len(pdf.SAVED.findall(head + b"startxref\n0\n%%EOF\n" + rest)) == 1
    assert len(pdf.SAVED.findall(data + b"\nthe word startxref in a stream")) == 1


def test_half_a_surrogate_pair_in_the_text_can_be_written():
    assert pdf._writable("EUC \ud800 17").encode() == b"EUC ? 17"


def test_one_stamp_on_two_papers_is_one_picture():
    one, two, other = (read_pdf(a_pdf((line,), stamp=a_stamp(colour))) for line, colour in (("a", 1), ("b", 1), ("c", 2)))
    assert one.pictures == two.pictures and len(one.pictures) == 1
    assert other.pictures != one.pictures


def test_a_signature_over_the_whole_file_holds():
    (signature,) = read_pdf(signed(a_pdf())).signatures
    assert (signature.intact, signature.covers_all, signature.trusted) == (True, True, None)
    assert "Ministry of Defence" in signature.signer


def test_a_file_changed_after_signing_is_not_covered():
    (signature,) = read_pdf(added_to(signed(a_pdf()))).signatures
    assert not signature.covers_all


def test_a_byte_changed_under_a_signature_breaks_it():
    data = signed(a_pdf())
    place = data.index(b"/Creator")
    (signature,) = read_pdf(data[: place + 10] + b"x" + data[place + 11 :]).signatures
    assert not signature.intact


@pytest.mark.parametrize(("root", "trusted"), [("Ministry of Defence", True), ("Somebody else", False)])
def test_a_signature_is_trusted_by_the_authoritys_roots_alone(root, trusted):
    (signature,) = read_pdf(signed(a_pdf()), [signer_of(root)[1]]).signatures
    assert signature.trusted is trusted


@pytest.mark.parametrize("data", [b"", b"hello", b"%PDF-1.7\n", b"%PDF-1.7\n" + b"\0" * 5_000, a_pdf()[:400]])
def test_what_is_no_whole_pdf_is_told_so(data):
    with pytest.raises(UnreadableFile, match=r"Expected"):
        read_pdf(data)


def test_one_bad_file_keeps_no_other_out(tmp_path):
    paths = [tmp_path / name for name in ("a.pdf", "b.pdf", "c.pdf")]
    for path, data in zip(paths, (a_pdf(("first paper",)), b"%PDF-garbage", a_pdf(("third paper",))), strict=True):
        path.write_bytes(data)
    first, bad, third = read_files(paths)
    assert "first" in first.text and "third" in third.text
    assert isinstance(bad, UnreadableFile)


def test_reading_runs_no_main_module_of_its_caller_again(tmp_path, monkeypatch):
    script = tmp_path / "caller.py"
    script.write_text("raise SystemExit('run again')")
    monkeypatch.setitem(sys.modules, "__main__", SimpleNamespace(__file__=str(script), __name__="__main__", __spec__=None))
    (tmp_path / "a.pdf").write_bytes(a_pdf(("one paper",)))
    (told,) = read_files([tmp_path / "a.pdf"])
    assert "one paper" in told.text


def test_a_reader_that_is_killed_costs_one_file(tmp_path, monkeypatch):
    paths = [tmp_path / "a.pdf", tmp_path / "b.pdf"]
    for path in paths:
        path.write_bytes(a_pdf((path.name,)))
    whole, times = pdf._Reader.read, []

    def killed(self, *told):
        times.append(told)
        if len(times) == 1:
            self._process.kill()
        return whole(self, *told)

    monkeypatch.setattr(pdf._Reader, "read", killed)
    lost, read = read_files(paths)
    assert isinstance(lost, UnreadableFile) and "b.pdf" in read.text


def test_a_file_that_takes_too_long_is_given_up_and_the_next_is_read(tmp_path):
    slow, quick = tmp_path / "slow.pdf", tmp_path / "quick.pdf"
    slow.write_bytes(a_pdf(tuple("word " * 2_000 for _ in range(6_000))))
    quick.write_bytes(a_pdf(("quick paper",)))
    given_up, read = read_files([slow, quick], seconds=2)
    assert isinstance(given_up, UnreadableFile) and "within 2 seconds" in given_up.message
    assert "quick" in read.text


def test_a_file_over_the_bound_is_not_opened(tmp_path, monkeypatch):
    path = tmp_path / "big.pdf"
    path.write_bytes(a_pdf())
    monkeypatch.setattr(pdf, "MOST_BYTES", 10)
    (told,) = read_files([path])
    assert isinstance(told, UnreadableFile) and "at most 10" in told.message
