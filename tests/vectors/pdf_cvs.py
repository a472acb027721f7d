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
from provenance.cv.seal import seal
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
from simulator import Simulator, make_log, make_record
from unit.test_cv_attacks import (
    ATTACHED,
    BAD_ATTACHMENTS,
    FORGED,
    NO_SEALS,
    SEALED,
    attachment,
    sign,
    unsigned,
    update,
)
from vectors.cases import Draft
from vectors.good_persons import person
from verifying import change

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOW_S: Final = int(time.time())
YEAR_S: Final = 365 * 86_400
ROOTS: Final = f"seal\n{format_certificate(ROOT.der)}"
BOTH_ROOTS: Final = f"{ROOTS}tsa\n{format_certificate(TSA_ROOT.der)}"


def pdf_cvs() -> Iterator[Draft]:
    """Give them all."""
    yield from _good()
    yield from _unreadable()
    yield from _changed()
    yield from _seals()
    yield from _certificates()
    yield from _stamps()
    yield from _attachments()
    yield from _proofs()


def _draft(id_: str, note: str, data: bytes, *failing: str, **options: Any) -> Draft:
    judged = {"verdict": "yes", "level": "original"}
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
    return "refused" if {"attachment", "proof"} & {*failing} else "forged"


def _good() -> Iterator[Draft]:
    yield _draft("sealed", "as it is sealed", SEALED)
    pinned = f"seal\n{format_certificate(SEALER.der)}"
    yield _draft("pinned", "the seal's own certificate is trusted", SEALED, seal_roots=pinned)
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(PLAIN)) as pdf:
        pdf.save(target, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    streams = seal(attach(target.getvalue(), BUNDLE), signer_of(SEALER))
    yield _draft("streams", "cross-reference streams", streams)
    middle = certify("Autorité intermédiaire", ROOT, ca=True)
    issued = certify("Opérateur d'exemple", middle)
    chain = sealed(signer_of(issued, middle))
    yield _draft("chain", "a certificate between it and the root", chain)
    log, (index,) = make_log()
    log.withdraw(index)
    log.publish()
    data = _sealed_bundle(encode_json(log.prove(index)))
    yield _draft("withdrawn", "genuine, of what was withdrawn since", data, policy=log.policy())


def _sealed_bundle(bundle: bytes) -> bytes:
    return seal(attach(PLAIN, bundle), signer_of(SEALER))


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
        yield _draft(id_, note, data, "readable", **options)


def _changed() -> Iterator[Draft]:
    """Give what people do to a sealed file, and its attachment with it where they must."""
    for number, (note, (make, failing)) in enumerate(FORGED.items()):
        yield _draft(f"changed-{number}", note, make(SEALED), *failing)
    resaved = {"level": "re-saved"}
    yield _draft("re-saved", "without its seal", unsigned(SEALED), "seal", **resaved)
    yield _draft("never-sealed", "the proof is attached", ATTACHED, "seal", **resaved)
    moved = attach(make_pdf("Somebody else"), BUNDLE)
    yield _draft("moved", "the proof in another document", moved, "seal", **resaved)
    other = encode_json(LOG.prove(INDEX, support=(1, 2, 3)))
    stream = b"<< /Type /EmbeddedFile /Length %d >>\nstream\n%s\nendstream" % (
        len(other),
        other,
    )
    (number_,) = re.findall(rb"/EF << /F (\d+) 0 R", SEALED)
    exchanged = update(SEALED, {int(number_): stream})
    said = "another genuine proof, behind the seal"
    yield _draft("exchanged", said, exchanged, "seal-coverage")
    inside = io.BytesIO()
    with pikepdf.open(io.BytesIO(ATTACHED)) as pdf:
        spec = pikepdf.AttachedFileSpec(pdf, SEALED, filename="sealed.pdf")
        pdf.attachments["sealed.pdf"] = spec
        pdf.save(inside)
    said = "a sealed file inside an unsealed one"
    yield _draft("inside", said, inside.getvalue(), "seal", level=_level_of(inside.getvalue()))
    swapped = attach(PLAIN.replace(b"0 0 300 200", b"0 0 300 300"), BUNDLE)
    swapped += SEALED[len(ATTACHED) :]
    yield _draft("transplanted", "the seal behind another document", swapped, "seal")


def _level_of(data: bytes) -> str:
    """Whether a signature's traces are compressed away differs from writer to writer."""
    return "forged" if b"/ByteRange" in data else "re-saved"


def _seals() -> Iterator[Draft]:
    for number, (note, (options, failing)) in enumerate(NO_SEALS.items()):
        yield _draft(f"kind-{number}", note, sign(ATTACHED, **options), *failing)
    first = sign(ATTACHED, certify=False, field_name="First")
    second = sign(first, certify=False, field_name="Second")
    yield _draft("two", "two signatures", second, "seal")


def _certificates() -> Iterator[Draft]:
    stranger = sealed(signer_of(STRANGER))
    yield _draft("stranger", "sealed by somebody else", stranger, "seal-trust")
    yield _draft("no-roots", "nobody is trusted", SEALED, "seal-trust", seal_roots=None)
    only = f"tsa\n{format_certificate(ROOT.der)}"
    said = "trusted for time stamps alone"
    yield _draft("tsa-root", said, SEALED, "seal-trust", seal_roots=only)
    for id_, off in (("expired", YEAR_S + 86_400), ("not-yet", -3 * 86_400)):
        now_s = NOW_S + off
        yield _draft(
            id_, "its certificate does not hold then", SEALED, "seal-trust", now_s=now_s
        )
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
        yield _draft(id_, said, data, "seal-trust")


def _stamps() -> Iterator[Draft]:
    with TemporaryDirectory() as name, serve(Authority(Path(name), TSA)) as authority:
        stamped = sealed(tsa=authority.url)
    options = {"seal_roots": BOTH_ROOTS, "now_s": NOW_S}
    yield _draft("stamped", "with a time stamp", stamped, **options)
    options["now_s"] = NOW_S + 5 * YEAR_S
    said = "judged at the time of its stamp, years later"
    yield _draft("stamped-long-ago", said, stamped, **options)
    said = "a time stamp of nobody that is trusted"
    yield _draft("stamp", said, stamped, "seal-trust")
    options = {"seal_roots": f"tsa\n{format_certificate(TSA_ROOT.der)}"}
    said = "a trusted time for a seal of nobody"
    yield _draft("stamp-alone", said, stamped, "seal-trust", **options)


def _attachments() -> Iterator[Draft]:
    for number, (note, make) in enumerate(BAD_ATTACHMENTS.items()):
        yield _draft(f"form-{number}", note, attachment(make), "attachment")
    yield _draft("none", "sealed, and no proof in it", sign(PLAIN), "attachment")
    yield _draft("plain", "a file like any other", PLAIN, "attachment", "seal")


def _proofs() -> Iterator[Draft]:
    other = Simulator("other.example/2026").policy()
    options = {"policy": other, "proof_failing": ("origin",)}
    yield _draft("other-log", "a log that nobody names", SEALED, "proof", **options)
    options = {"proof_failing": ("format",)}
    data = attachment(_content(BUNDLE + b"\n"))
    yield _draft("newline", "a byte too many in the proof", data, "proof", **options)
    data = attachment(_content(b"{}"))
    yield _draft("empty", "an empty object", data, "proof", **options)
    bundle = LOG.prove(INDEX)
    forged = encode_json(change(bundle, 2, path=()))
    options = {"proof_failing": ("inclusion",)}
    yield _draft("path", "sealed, without a path", _sealed_bundle(forged), "proof", **options)
    unsealed = attach(PLAIN, forged)
    said = "neither sealed nor proven"
    yield _draft("and-proof", said, unsealed, "seal", "proof", **options)
    log, indexes = make_log(records=[make_record(), make_record(person(jourNaissance=24))])
    both, options = encode_json(log.prove(*indexes)), {"policy": log.policy()}
    yield _draft("persons", "two persons in it", _sealed_bundle(both), "person", **options)
    data = attach(PLAIN, both)
    said = "two persons, and not sealed"
    yield _draft("and-person", said, data, "seal", "person", **options)


def _content(data: bytes) -> Callable[[pikepdf.Pdf], None]:
    """Put other bytes into the attachment, which `attach` itself would refuse."""

    def change(pdf: pikepdf.Pdf) -> None:
        pdf.Root.AF[0].EF.F.write(data)

    return change
