"""A CV as a PDF file: what a proof guarantees, and apart from it what the holder declares.

The guaranteed part takes only certifications that hold on the day of the CV, in Paris: those
for which the verifier gives no reason against. The name at the top is that of the proof, and
is written to the file's metadata too (`xmp`), where verifiers compare it with the proof.

The page is set with typst, in this process and with the fonts that it brings along
(Libertinus Serif, and DejaVu Sans Mono where that has no glyph), so that no network and no
font of the machine is needed and the same input gives the same bytes. The file is
PDF/A-3b (ISO 19005-3) and PDF/UA-1 (ISO 14289-1), both checked by typst while it writes:
tagged, with title and language set, all fonts embedded, and with the proof bundle attached
as an associated file of relationship ``Data``.

No text is ever part of the template: all of it goes in as JSON and is set as a string.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path  # noqa: TC003 - a member of a struct
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from provenance.cv.contents import Contents
from provenance.cv.declaredname import fits, head_name
from provenance.cv.extras import needing_extra
from provenance.cv.facts import ATTACHMENT_NAME, MEDIA_TYPE
from provenance.cv.holder import find_invisible
from provenance.cv.qr import make_qr_svg
from provenance.cv.summary import make_summary, sign_summary
from provenance.cv.wording import Language  # noqa: TC001 - a member of a struct
from provenance.cv.xmp import add_holder
from provenance.encoding import encode_json
from provenance.errors import FormatError, VerificationError
from provenance.record.paris import paris_day
from provenance.record.showing import IDENTITY_GROUPS
from provenance.report import PROVEN
from provenance.verifier import Verifier

with needing_extra():
    import pikepdf
    import typst

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.cv.holder import Holder
    from provenance.report import Report
    from provenance.tlog.note import NoteSigner
    from provenance.tlog.policy import Policy

STANDARDS: Final = ("a-3b", "ua-1")
_FALLBACK_FONTS: Final = ("DejaVu Sans Mono",)
_MICROSECONDS: Final = 1_000_000
_TIME_S_MAX: Final = 253_402_300_799
"""The last second of the year 9999, in POSIX seconds."""


class Options(Struct, frozen=True, kw_only=True):
    """How a CV is made.

    ``everything`` shows certifications that do not hold on that day too, in a part of their
    own and with the reason beside each. ``address``: of a verification page, printed as text.
    ``font_paths``: directories with fonts for scripts that the built-in ones do not have.
    """

    language: Language = "fr"
    everything: bool = False
    address: str | None = None
    font_paths: tuple[Path, ...] = ()


DEFAULT: Final = Options()


def render(
    holder: Holder,
    bundle: bytes,
    policy: Policy | str,
    *,
    created_s: int,
    signer: NoteSigner | None = None,
    options: Options = DEFAULT,
) -> bytes:
    """Make the PDF of a CV whose guaranteed lines are the certifications of a bundle.

    ``created_s``: POSIX seconds, which stand in the file. ``signer`` signs the summary for
    a QR code; without one there is none.

    Raises `VerificationError` when the policy does not accept the bundle, for a name that is
    not the proof's, when certifications are of different persons or of nobody, and, without
    ``everything``, for one that does not hold on that day; `FormatError` for a malformed
    policy and for characters that no font has.
    """
    report = judge(bundle, policy, created_s)
    _check_persons(report)
    if not options.everything:
        _check_lines(report)
    name = _head_name(holder, report)
    code = None if signer is None else sign_summary(make_summary(report), signer)
    made = datetime.fromtimestamp(created_s, UTC)
    data = Contents(name, holder, report, options.language).compose(
        made_on=str(report.day), address=options.address, has_code=code is not None
    )
    if find_invisible(data) is not None:
        raise FormatError("no CV: a text has characters that nobody sees, as controls")
    data["date"] = made.timetuple()[:6]
    data["attachment"] = {
        "name": ATTACHMENT_NAME,
        "type": MEDIA_TYPE,
        "description": data["description"],
    }
    inputs = {"proof": bundle.decode()}
    if code is not None:
        inputs["code"] = make_qr_svg(code, border=0).decode()
    return _name_holder(_compile(data, inputs, created_s, options.font_paths), name)


def judge(bundle: bytes, policy: Policy | str, created_s: int) -> Report:
    """Verify the proof of a CV for the day of the CV; ``created_s``: POSIX seconds.

    Raises `VerificationError` where the policy does not accept it, `FormatError` for a
    malformed policy and for a time without a calendar.
    """
    if not 0 <= created_s <= _TIME_S_MAX:
        raise FormatError("a CV is made between the years 1970 and 9999")
    report = Verifier(policy).verify(bundle, paris_day(created_s * _MICROSECONDS))
    if report.verdict not in PROVEN:
        failed = [check.name for check in report.checks if check.outcome == "no"]
        raise VerificationError(f"no CV: the proof is not accepted ({', '.join(failed)})")
    return report


def _check_persons(report: Report) -> None:
    """Refuse what would stand under a name that is not its own, whatever was asked for."""
    if report.same_person is False:
        raise VerificationError("no CV: the proof is about different persons")
    for one in report.certifications:
        if one.identity is None:
            raise VerificationError(
                f"no CV: the proof shows no identity with entry {one.index}, so it is "
                "nobody's; make a proof that shows one, or leave the entry out"
            )


def _check_lines(report: Report) -> None:
    for one in report.certifications:
        if one.reasons:
            lacks = f" ({', '.join(one.lacks)})" if one.lacks else ""
            raise VerificationError(
                f"no CV: on the day of the CV, {report.day}, entry {one.index} cannot stand "
                f"among what is guaranteed: {', '.join(one.reasons)}{lacks}; leave it out of "
                "the proof, or show it apart (--all)"
            )


def _head_name(holder: Holder, report: Report) -> str:
    """Return the name at the top: the proof's, which fits each certification."""
    # The kinds of identity in the order in which they say most.
    shown = sorted(
        report.certifications, key=lambda one: [*IDENTITY_GROUPS].index(str(one.identity))
    )
    names = [head_name(holder.name, dict(one.fields)) for one in shown]
    if holder.name is not None and None in names:
        number = shown[names.index(None)].index
        raise VerificationError(
            f"no CV: the name that is declared is not that of entry {number}: it may hold "
            "first names that the proof shows, and the birth name, the usage name, or both, "
            "and nothing else; leave the name out, or declare the other one as usage_name"
        )
    name = str(names[0])
    for one in shown:
        if not fits(name, dict(one.fields)):
            raise VerificationError(
                f"no CV: no name fits entry {one.index} and entry {shown[0].index}: they show "
                "other names of the holder; make a CV of each"
            )
    return name


def _name_holder(pdf: bytes, name: str) -> bytes:
    """Write the name at the top into the metadata of a PDF file that typst made."""
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        metadata = document.Root.Metadata
        metadata.write(add_holder(metadata.read_bytes(), name))
        document.save(
            target, deterministic_id=True, linearize=False, fix_metadata_version=False
        )
    return target.getvalue()


def _compile(
    data: dict[str, object],
    inputs: dict[str, str],
    created_s: int,
    font_paths: Sequence[Path],
) -> bytes:
    fonts = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=True,
        font_paths=[str(path) for path in font_paths],
    )
    own = {info.family for info in fonts.fonts() if info.path is not None}
    data["fonts"] = [*sorted(own), *_FALLBACK_FONTS]
    template = files("provenance.cv").joinpath("template.typ").read_bytes()
    try:
        return typst.compile(
            template,
            font_paths=fonts,
            ignore_system_fonts=True,
            sys_inputs={**inputs, "data": encode_json(data).decode()},
            pdf_standards=[*STANDARDS],
            timestamp=created_s,
        )
    except typst.TypstError as error:
        # Its text quotes what is set, which is somebody's data.
        if "could not be displayed" in str(error):
            raise FormatError(
                "no CV: a text has characters that no font has; name a directory of fonts "
                "that have them (--fonts)"
            ) from None
        raise FormatError("no CV: typst cannot set this page") from None
