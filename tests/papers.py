"""Certificates as real PDF files, written and signed on the spot with keys of their own."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from functools import cache

from asn1crypto import keys
from asn1crypto import x509 as der
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen import canvas

LINES = (
    "END-USER CERTIFICATE", "No. EUC/2024/0017", "Issued 12 March 2024, valid until 12.03.2026",
    "End user: Ministry of Defence of Chile", "Consignee: Andes Logistics S.A.", "Country of final destination: Chile",
    "Quantity: 1,250 rifles", "Value: EUR 1.500.000,00", "The goods will not be re-exported without prior written consent.",
)


def a_pdf(lines: tuple[str, ...] = LINES, *, stamp: bytes | None = None, made: datetime | None = None) -> bytes:
    """One page of text, perhaps with the picture of a stamp."""
    out = io.BytesIO()
    page = canvas.Canvas(out, invariant=1)
    for n, line in enumerate(lines):
        page.drawString(72, 760 - 18 * n, line)
    if stamp is not None:
        page.drawImage(ImageReader(io.BytesIO(stamp)), 300, 100, 80, 80)
    page.save()
    told = out.getvalue()
    if made is None:
        return told
    return told.replace(b"20000101000000", made.strftime("%Y%m%d%H%M%S").encode())


def a_stamp(colour: int) -> bytes:
    """A small picture that no compression takes below the least size of a stamp."""
    import random

    from PIL import Image

    chance = random.Random(colour)
    picture = Image.frombytes("RGB", (64, 64), bytes(chance.randrange(256) for _ in range(64 * 64 * 3)))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


@cache
def signer_of(name: str) -> tuple[signers.SimpleSigner, bytes]:
    """A signer with a certificate of its own making, and that certificate (DER)."""
    key = rsa.generate_private_key(65537, 2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begun = datetime(2024, 1, 1)
    usage = x509.KeyUsage(True, True, False, False, False, True, False, False, False)
    certificate = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key()).serial_number(7)
        .not_valid_before(begun).not_valid_after(begun + timedelta(days=7300)).add_extension(usage, True)
        .add_extension(x509.BasicConstraints(True, None), True).sign(key, hashes.SHA256())
    ).public_bytes(serialization.Encoding.DER)
    private = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return signers.SimpleSigner(der.Certificate.load(certificate), keys.PrivateKeyInfo.load(private), None), certificate


def signed(data: bytes, name: str = "Ministry of Defence") -> bytes:
    """The file with a digital signature over all of it."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    return signers.sign_pdf(writer, signers.PdfSignatureMetadata(field_name="Signature1"), signer=signer_of(name)[0]).getvalue()


def added_to(data: bytes) -> bytes:
    """The file saved into again after it was made, as an editor does."""
    from pyhanko.pdf_utils.generic import NameObject, pdf_string

    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    writer.root[NameObject("/Lang")] = pdf_string("en")
    writer.update_root()
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()
