"""CVs as PDF files: sealed, saved again, changed in many ways, and what is no PDF.

Certificates are made anew by every run, and hold for a year, so each of these cases is
judged at the time when it was made, which stands in it.
"""

from __future__ import annotations

import io
import re
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import pikepdf

from provenance.cv.pdf import attach
from provenance.cv.roots import format_certificate
from provenance.encoding import encode_json
from sealing import (
    BUNDLE,
    INDEX,
    LOG,
    PLAIN,
    POLICY,
    ROOT,
    SEALER,
    STRANGER,
    TSA,
    TSA_ROOT,
    Authority,
    Certified,
    certify,
    make_pdf,
    sealed,
    serve,
    signer_of,
)
from simulator import Simulator
from unit.test_cv_attacks import (
    ATTACHED,
    BAD_ATTACHMENTS,
    CHANGED,
    NO_SEALS,
    SEALED,
    attachment,
    sign,
    unsigned,
    update,
)
from vectors.cases import Draft
from verifying import change

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOW_S: Final = int(time.time())
YEAR_S: Final = 365 * 86_400
ROOTS: Final = f"seal\n{format_certificate(ROOT.der)}"
BOTH_ROOTS: Final = f"{ROOTS}tsa\n{format_certificate(TSA_ROOT.der)}"


def pdf_cvs() -> Iterator[Draft]:
    """Return them all, but for those of a module of their own."""
    yield from _good()
    yield from _unreadable()
    yield from _changed()
    yield from _moved()
    yield from _recoverable()
    yield from _seals()
    yield from _certificates()
    yield from _stamps()
    yield from _attachments()
    yield from _proofs()


def pdf_draft(id_: str, note: str, data: bytes, *failing: str, **options: Any) -> Draft:
    """Say what is to be said of a PDF file: the checks that fail, in their order."""
    judged = {"verdict": "yes", "level": "original"}
    if options.get("reasons"):
        judged["verdict"] = "attention"
    if failing:
        judged = {"verdict": "no", "level": _level(failing)}
    made = {"policy": POLICY, "seal_roots": ROOTS, "kind": "pdf", "suffix": "pdf"}
    return Draft(
        id=f"pdf-{f'{failing[0]}-' if failing else ''}{id_}",
        note=note,
        data=data,
        now_s=options.pop("now_s", NOW_S),
        failing=failing,
        **(made | judged | options),
    )


def _level(failing: tuple[str, ...]) -> str:
    failed = {*failing}
    if not failed & {"readable", "attachment", "proof"}:
        if "holder-name" in failed:
            return "impersonation"
        if "person" in failed:
            return "other-persons"
        if failed == {"seal-trust"}:
            return "untrusted-seal"
    return "modified" if failed & {"seal", "seal-coverage"} else "refused"


def _good() -> Iterator[Draft]:
    yield pdf_draft("sealed", "as it is sealed", SEALED)
    pinned = f"seal\n{format_certificate(SEALER.der)}"
    note = "the seal's own certificate is trusted"
    yield pdf_draft("pinned", note, SEALED, seal_roots=pinned)
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(PLAIN)) as pdf:
        pdf.save(target, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    streams = sign(attach(target.getvalue(), BUNDLE))
    yield pdf_draft("streams", "cross-reference streams", streams)
    middle = certify("Autorité intermédiaire", ROOT, ca=True)
    issued = certify("Opérateur d'exemple", middle)
    chain = sealed(signer_of(issued, middle))
    yield pdf_draft("chain", "a certificate between it and the root", chain)


def _unreadable() -> Iterator[Draft]:
    encrypted = io.BytesIO()
    with pikepdf.open(io.BytesIO(ATTACHED)) as pdf:
        pdf.save(encrypted, encryption=pikepdf.Encryption(owner="o", user=""))
    for id_, note, data in (
        ("encrypted", "with an empty password, too", encrypted.getvalue()),
        ("header-only", "nothing behind the header", b"%PDF-1.7\n"),
        ("garbage", "nothing of a PDF behind the header", b"%PDF-1.7\n" + b"\x80abc\n" * 200),
    ):
        options = {"verdict": "unreadable", "level": "refused"}
        yield pdf_draft(id_, note, data, "readable", **options)


def _changed() -> Iterator[Draft]:
    """Return what people do to a sealed file, and its attachment with it where they must."""
    for number, (note, (make, failing)) in enumerate(CHANGED.items()):
        data = make(SEALED)
        # What was only added to is intact inside; what was rewritten is not.
        options = {"level": "modified", "recoverable": data.startswith(SEALED)}
        yield pdf_draft(f"changed-{number}", note, data, *failing, **options)
    other = encode_json(LOG.prove(INDEX, support=(1, 2, 3)))
    stream = b"<< /Type /EmbeddedFile /Length %d >>\nstream\n%s\nendstream" % (
        len(other),
        other,
    )
    (number_,) = re.findall(rb"/EF << /F (\d+) 0 R", SEALED)
    exchanged = update(SEALED, {int(number_): stream})
    said = "another genuine proof, behind the seal"
    options = {"level": "impersonation", "recoverable": True}
    yield pdf_draft("exchanged", said, exchanged, "seal-coverage", **options)
    swapped = attach(PLAIN.replace(b"0 0 300 200", b"0 0 300 300"), BUNDLE)
    swapped += SEALED[len(ATTACHED) :]
    yield pdf_draft("transplanted", "the seal behind another document", swapped, "seal")


def _moved() -> Iterator[Draft]:
    """Take the seal away, or the proof into another document."""
    options = {"level": "not-original"}
    yield pdf_draft("re-saved", "without its seal", unsigned(SEALED), "seal", **options)
    yield pdf_draft("never-sealed", "the proof is attached", ATTACHED, "seal", **options)
    moved = attach(make_pdf("Somebody else"), BUNDLE)
    yield pdf_draft("moved", "the proof in another document", moved, "seal", **options)
    named = ATTACHED + b"% /ByteRange\n"
    note = "never sealed, but with a trace of a signature"
    yield pdf_draft("traced", note, named, "seal")
    for id_, name in (("", "sealed.pdf"), ("-by-the-name", "Provenance Proof.pdf")):
        inside = io.BytesIO()
        with pikepdf.open(io.BytesIO(ATTACHED)) as pdf:
            pdf.attachments[name] = pikepdf.AttachedFileSpec(pdf, SEALED, filename=name)
            pdf.save(inside)
        said = f"a sealed file inside an unsealed one, as {name}"
        data = inside.getvalue()
        failing = ("seal", "content") if id_ else ("seal",)
        yield pdf_draft(f"inside{id_}", said, data, *failing, level=_level_of(data))


def _level_of(data: bytes) -> str:
    """Whether a signature's traces are compressed away differs from writer to writer."""
    return "modified" if b"/ByteRange" in data else "not-original"


def _recoverable() -> Iterator[Draft]:
    """Put other places between the end of a changed file and the one that was sealed."""
    painted = update(SEALED, {900: b"<< /Type /Anything >>"})
    wrong = b"%% /ByteRange [0 1 2 %d]\n"
    for count, is_found in ((2, True), (3, True), (4, False)):
        data = painted + b"".join(wrong % (3 + number) for number in range(count))
        note = f"{count} other places behind it; four are looked at"
        options = {"recoverable": is_found}
        yield pdf_draft(f"ranges-{count}", note, data, "seal", **options)
    for id_, note, other in (
        ("not-from-0", "a place that does not begin at 0", b"% /ByteRange [1 1 2 3]\n"),
        ("too-far", "a place beyond the end", b"% /ByteRange [0 1 2 99999999]\n"),
        ("three", "three numbers", b"% /ByteRange [0 1 2]\n"),
        ("spelled", "white space of PDF", b"% /ByteRange\t\r [ 0\n1 2 3 ]\n"),
    ):
        is_found = id_ != "spelled"
        data = painted + other * 4
        options = {"recoverable": is_found}
        yield pdf_draft(f"ranges-{id_}", f"four times {note}", data, "seal", **options)
    stranger = update(sealed(signer_of(STRANGER)), {900: b"<< /Type /Anything >>"})
    note = "sealed by somebody else, and changed"
    yield pdf_draft("by-a-stranger", note, stranger, "seal-coverage")


def _seals() -> Iterator[Draft]:
    for number, (note, (options, failing)) in enumerate(NO_SEALS.items()):
        signed = sign(ATTACHED, **options)
        yield pdf_draft(f"kind-{number}", note, signed, *failing, level="modified")
    first = sign(ATTACHED, certify=False, field_name="First")
    second = sign(first, certify=False, field_name="Second")
    yield pdf_draft("two", "two signatures", second, "seal", "content")


def _certificates() -> Iterator[Draft]:
    stranger = sealed(signer_of(STRANGER))
    yield pdf_draft("stranger", "sealed by somebody else", stranger, "seal-trust")
    yield pdf_draft("no-roots", "nobody is trusted", SEALED, "seal-trust", seal_roots=None)
    only = f"tsa\n{format_certificate(ROOT.der)}"
    said = "trusted for time stamps alone"
    yield pdf_draft("tsa-root", said, SEALED, "seal-trust", seal_roots=only)
    said = "its certificate does not hold then"
    for id_, off in (("expired", YEAR_S + 86_400), ("not-yet", -3 * 86_400)):
        yield pdf_draft(id_, said, SEALED, "seal-trust", now_s=NOW_S + off)
    authority = certify("Autorité", ROOT, ca=True)
    leaf = certify("Intermédiaire", ROOT)
    one: Certified
    for id_, said, one, chain in (
        ("usage", "a key for encryption", certify("O", ROOT, usages=("key_agreement",)), ()),
        ("authority", "a key that signs certificates", authority, ()),
        ("chain-missing", "a link of the chain is missing", certify("O", authority), ()),
        ("chain-of-leaf", "issued by no authority", certify("O", leaf), (leaf,)),
    ):
        data = sealed(signer_of(one, *chain))
        yield pdf_draft(id_, said, data, "seal-trust")


def _stamps() -> Iterator[Draft]:
    with TemporaryDirectory() as name, serve(Authority(Path(name), TSA)) as authority:
        stamped = sealed(tsa=authority.url)
    options = {"seal_roots": BOTH_ROOTS, "now_s": NOW_S}
    yield pdf_draft("stamped", "with a time stamp", stamped, **options)
    options["now_s"] = NOW_S + 5 * YEAR_S
    said = "judged at the time of its stamp, years later"
    yield pdf_draft("stamped-long-ago", said, stamped, **options)
    said = "a time stamp of nobody that is trusted"
    yield pdf_draft("stamp", said, stamped, "seal-trust")
    options = {"seal_roots": f"tsa\n{format_certificate(TSA_ROOT.der)}"}
    said = "a trusted time for a seal of nobody"
    yield pdf_draft("stamp-alone", said, stamped, "seal-trust", **options)


def _attachments() -> Iterator[Draft]:
    for number, (note, make) in enumerate(BAD_ATTACHMENTS.items()):
        made = attachment(make)
        failing = ["attachment"]
        if note in {"one in the tree, a copy associated", "content in another file"}:
            failing.append("content")
        yield pdf_draft(f"form-{number}", note, made, *failing)
    nothing = {"verdict": "unreadable", "level": "no-proof"}
    yield pdf_draft("none", "sealed, and no proof in it", sign(PLAIN), "attachment", **nothing)
    note = "a file like any other"
    yield pdf_draft("plain", note, PLAIN, "attachment", "seal", **nothing)


def _proofs() -> Iterator[Draft]:
    other = Simulator("other.example/2026").policy()
    options: dict[str, Any] = {"policy": other, "proof_failing": ("origin",)}
    yield pdf_draft("other-log", "a log that nobody names", SEALED, "proof", **options)
    data = attachment(content(BUNDLE + b"\n"))
    yield pdf_draft("newline", "one newline behind the proof", data)
    options = {"proof_failing": ("format",)}
    data = attachment(content(BUNDLE + b"\n\n"))
    yield pdf_draft("newlines", "two of them", data, "proof", **options)
    data = attachment(content(b"{}"))
    yield pdf_draft("empty", "an empty object", data, "proof", **options)
    bundle = LOG.prove(INDEX)
    forged = encode_json(change(bundle, 2, path=()))
    options = {"proof_failing": ("inclusion",)}
    data = sealed_bundle(forged)
    yield pdf_draft("path", "sealed, without a path", data, "proof", **options)
    unsealed = attach(PLAIN, forged, as_is=True)
    said = "neither sealed nor proven"
    options["level"] = "refused"
    yield pdf_draft("and-proof", said, unsealed, "seal", "proof", **options)


def sealed_bundle(bundle: bytes, pdf: bytes = PLAIN) -> bytes:
    """Return a sealed file that carries any bundle."""
    return sign(attach(pdf, bundle, as_is=True))


def content(data: bytes) -> Callable[[pikepdf.Pdf], None]:
    """Put other bytes into the attachment, which `attach` itself would refuse."""

    def change(pdf: pikepdf.Pdf) -> None:
        pdf.Root.AF[0].EF.F.write(data)

    return change
