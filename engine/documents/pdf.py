"""What one PDF file says of itself: its text, metadata, pictures and signatures. Compares it with nothing.

A file from outside is read in a process of its own, bounded in time and memory: nothing in it can hold up or bring
down the engine.
"""

from __future__ import annotations

import hashlib
import importlib
import io
import logging
import pickle
import re
import resource
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from engine.errors import NotReady, RefusedInput, UnreadableFile

MOST_BYTES = 50 * 1024 * 1024
MOST_PAGES = 200
MOST_TEXT = 50_000  # characters; a certificate has one or two pages, a contract twenty
MOST_PICTURES = 200
# The end of one saving. A file laid out for the web has a first such mark that points to 0: no saving of its own.
SAVED = re.compile(rb"startxref\s+0*[1-9]\d*\s+%%EOF")
LEAST_PICTURE = 512  # bytes; rules, bullets and blank masks are smaller, stamps and signatures are not
SECONDS = 30  # of one file
MEMORY = 2 * 1024**3  # bytes of address space of the reading process


@dataclass(frozen=True, slots=True)
class Signature:
    """One digital signature in a file.

    Args:
        signer: the subject of its certificate, as it says itself.
        signed_at: the time it claims, UTC; nobody else has vouched for it.
        intact: whether the bytes that it covers are those that were signed.
        covers_all: whether nothing was added to the file after it but further signatures.
        trusted: whether its certificate leads to one of the authority's trust roots; None where there are none.
    """

    signer: str
    signed_at: datetime | None
    intact: bool
    covers_all: bool
    trusted: bool | None


@dataclass(frozen=True, slots=True)
class DocumentFile:
    """What a file says of itself.

    Args:
        sha256: of its bytes.
        pages: how many.
        text: its text layer; empty for a scan.
        producer: the program that wrote it, as it says itself.
        created_at, modified_at: as it says itself, UTC.
        revisions: how many times it was saved into, 1 for a file written once.
        pictures: hashes of the pictures on its pages, stamps and signatures among them.
        signatures: in the order of signing.
    """

    sha256: str
    pages: int
    text: str
    producer: str | None
    created_at: datetime | None
    modified_at: datetime | None
    revisions: int
    pictures: tuple[str, ...]
    signatures: tuple[Signature, ...]


def read_pdf(data: bytes, trust_roots: Sequence[bytes] = ()) -> DocumentFile:
    """Read one file, in this process.

    Args:
        trust_roots: certificates (DER) that the authority trusts; none: signatures are told, not trusted.

    Raises:
        UnreadableFile: no PDF, encrypted, damaged, or over the bounds.
    """
    from pypdf import PdfReader

    if not data.startswith(b"%PDF-"):
        raise UnreadableFile("it is no PDF. Expected a file beginning with %PDF-. Send the document as PDF.")
    check_length(len(data))
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what it would say quotes the file
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise UnreadableFile("it is encrypted. Expected a file that opens without a password. Ask for one.")
        pages = reader.pages[:MOST_PAGES]
        text = ""
        for page in pages:
            text = (text + page.extract_text() + "\n")[:MOST_TEXT]
        told = reader.metadata
        return DocumentFile(
            sha256=hashlib.sha256(data).hexdigest(), pages=len(reader.pages), text=_writable(text.strip()), producer=_writable((told and told.producer) or "") or None,
            created_at=_utc(told, "creation_date"), modified_at=_utc(told, "modification_date"), revisions=max(1, len(SAVED.findall(data))),
            pictures=_pictures(pages), signatures=_signatures(data, trust_roots),
        )
    except (UnreadableFile, MemoryError):
        raise
    except Exception as error:  # whatever a damaged file makes a reader raise
        raise UnreadableFile(f"it is damaged ({type(error).__name__}). Expected a whole PDF. Ask for the file again.") from error


def check_length(size: int) -> None:
    """Refuse a file of more bytes than a document has.

    Raises:
        UnreadableFile.
    """
    if size > MOST_BYTES:
        raise UnreadableFile(f"it has {size:,} bytes. Expected at most {MOST_BYTES:,}. Send the document alone.")


def _writable(text: str) -> str:
    """Text as UTF-8 can hold it: a file may map a letter to half of a surrogate pair."""
    return text.encode("utf-8", "replace").decode()


def _utc(told, name: str) -> datetime | None:
    """A day in the metadata, or None where there is none that can be read."""
    try:
        moment = getattr(told, name, None)
    except ValueError:
        return None
    return None if moment is None else moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _pictures(pages) -> tuple[str, ...]:
    """Hashes of the raw streams of the pictures, each once, in order of the pages."""
    found: dict[str, None] = {}
    for page in pages:
        drawn = page["/Resources"].get("/XObject") if "/Resources" in page else None
        for one in (drawn.get_object() if drawn is not None else {}).values():
            picture = one.get_object()
            raw = getattr(picture, "_data", b"")
            if picture.get("/Subtype") == "/Image" and len(raw) >= LEAST_PICTURE:
                found[hashlib.sha256(raw).hexdigest()[:32]] = None
            if len(found) >= MOST_PICTURES:
                return tuple(found)
    return tuple(found)


def _signatures(data: bytes, trust_roots: Sequence[bytes]) -> tuple[Signature, ...]:
    """The signatures and what each covers, by pyHanko; nothing is fetched to check them."""
    from asn1crypto import x509
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko.sign.validation.status import SignatureCoverageLevel
    from pyhanko_certvalidator import ValidationContext

    if b"/ByteRange" not in data:
        return ()
    for name in ("pyhanko", "pyhanko_certvalidator"):  # they log the signer's name
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    roots = [x509.Certificate.load(one) for one in trust_roots]
    found = []
    for signature in PdfFileReader(io.BytesIO(data), strict=False).embedded_signatures:
        status = validate_pdf_signature(signature, ValidationContext(trust_roots=roots, allow_fetching=False))
        whole = status.coverage == SignatureCoverageLevel.ENTIRE_FILE or (
            status.coverage == SignatureCoverageLevel.ENTIRE_REVISION and status.docmdp_ok is True and status.modification_level is not None
            and status.modification_level.name in ("NONE", "LTA_UPDATES")
        )
        signed_at = signature.self_reported_timestamp
        found.append(Signature(
            signer=_writable(status.signing_cert.subject.human_friendly[:300]), signed_at=signed_at and signed_at.astimezone(UTC).replace(tzinfo=None),
            intact=bool(status.intact and status.valid), covers_all=bool(whole), trusted=bool(status.trusted) if roots else None,
        ))
    return tuple(found)


def certificates_in(folder: Path | None) -> list[bytes]:
    """The certificates (DER) of a folder of PEM or DER files; none for no folder.

    Raises:
        RefusedInput: no such folder, or a file in it is no certificate.
    """
    from asn1crypto import pem, x509

    if folder is None:
        return []
    if not folder.is_dir():
        raise RefusedInput(f"the trust roots {folder} are no folder. Expected one of certificates (PEM or DER). Mend DIVERSION_TRUST_ROOTS, or unset it.")
    found = []
    for path in sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")):
        data = path.read_bytes()
        try:
            several = [der for _, _, der in pem.unarmor(data, multiple=True)] if pem.detect(data) else [data]
            found += [x509.Certificate.load(der, strict=True).dump() for der in several]
        except ValueError as error:
            raise RefusedInput(f"{path} is no certificate. Expected PEM or DER. Take it out of the folder, or put the certificate there.") from error
    return found


def read_files(paths: Sequence[Path], trust_roots: Sequence[bytes] = (), seconds: float = SECONDS) -> Iterator[DocumentFile | UnreadableFile]:
    """Read many files, each in bounded time and memory; what cannot be read is given back as its error, in the files' order."""
    reader: _Reader | None = None
    try:
        for path in paths:
            try:
                check_length(path.stat().st_size)
                reader = reader or _Reader()
                yield reader.read(path, trust_roots, seconds)
            except UnreadableFile as error:
                yield error
            except (TimeoutError, EOFError, OSError, pickle.UnpicklingError):
                reader.close()
                reader = None
                yield UnreadableFile(f"it could not be read within {seconds:g} seconds and the memory it is given. Expected an ordinary document. Ask for a plain one.")
    finally:
        if reader is not None:
            reader.close()


class _Reader:
    """A process that reads files one after the other.

    A plain one, as those that check records: `multiprocessing` would run the caller's main module again in it, and where that
    fails start the next one for ever.

    Raises:
        NotReady: the process does not start.
    """

    def __init__(self) -> None:
        script = f"import sys; sys.path[:] = {sys.path!r}; from engine.documents.pdf import serve; serve()"
        self._process = subprocess.Popen([sys.executable, "-P", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, process_group=0)
        self._waiting = ThreadPoolExecutor(1, thread_name_prefix="document")
        try:
            pickle.load(self._process.stdout)  # starting is not the file's time
        except (EOFError, pickle.UnpicklingError) as error:
            self.close()
            raise NotReady("the process that reads document files does not start. Nothing was taken in. See that the memory suffices, and run it again.") from error

    def read(self, path: Path, trust_roots: Sequence[bytes], seconds: float) -> DocumentFile | UnreadableFile:
        pickle.dump((str(path), tuple(trust_roots)), self._process.stdin)
        self._process.stdin.flush()
        return self._waiting.submit(pickle.load, self._process.stdout).result(seconds)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._waiting.shutdown()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                pipe.close()


def serve() -> None:
    """Read the files that standard input names and write what they say to standard output, until it is closed."""
    for name in ("pypdf", "pyhanko.sign.validation"):
        importlib.import_module(name)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    told, sys.stdout = sys.stdout.buffer, sys.stderr  # what a library prints must not stand among the answers
    answer: DocumentFile | UnreadableFile | None = None
    while True:
        told.write(pickle.dumps(answer))
        told.flush()
        try:
            path, trust_roots = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        answer = _read(path, trust_roots)


def _read(path: str, trust_roots: tuple[bytes, ...]) -> DocumentFile | UnreadableFile:
    try:
        return read_pdf(Path(path).read_bytes(), trust_roots)
    except UnreadableFile as error:
        return error
    except MemoryError:
        return UnreadableFile("it asks for too much memory. Expected an ordinary document. Ask for a plain one.")
