"""What stands on a CV, as texts for the page: nothing is laid out here, nothing judged.

The guaranteed part is made from a verifier's report alone: from the certifications for which
the report gives no reason against. Those for which it gives one appear in a part of their own,
with the reason. The declared part is made from the holder's file alone. A field that the proof
does not show does not appear. The name at the top is of the proof.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from provenance.cv.summary import language_level
from provenance.cv.wording import MENTIONS, WORDS, day_text, moment_text, number_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from provenance.cv.holder import Holder, Stage
    from provenance.cv.wording import Language
    from provenance.record.commitment import Value
    from provenance.report import CertificationReport, Person, Report

_TITULAIRE: Final = "identificationTitulaire.titulaire."
_DOSSIER: Final = "identificationTitulaire.dossierFormation."
_NATIONAL: Final = "identificationTitulaire.identifiantNational."
_PARTS: Final = ("annee", "mois", "jour")
_NAMES: Final = {
    "titulaire": (f"{_TITULAIRE}prenom1", f"{_TITULAIRE}nomNaissance"),
    "dossier": (f"{_DOSSIER}prenom1Titulaire", f"{_DOSSIER}nomTitulaire"),
    "national": (f"{_NATIONAL}nomNaissance",),
}


def _awarded(one: CertificationReport) -> tuple[str, int]:
    """Return what certifications are sorted by: the date of award, and the index."""
    return str(dict(one.fields).get("dateDebutValidite") or ""), one.index


def _badge(one: CertificationReport) -> str:
    """Name the badge of a certification: its status, or else what keeps it from holding."""
    if not one.reasons or one.status != "in force":
        return one.status
    reasons = ("expired", "not-yet-valid", "provisional")
    return next((reason for reason in reasons if reason in one.reasons), "reserved")


class Contents:
    """Composes the texts of one CV in one language; ``name``: the name at its top."""

    def __init__(self, name: str, holder: Holder, report: Report, language: Language) -> None:
        self._name: Final = name
        self._holder: Final = holder
        self._report: Final = report
        self._language: Final = language
        self._words: Final = WORDS[language]

    def compose(self, *, made_on: str, address: str | None, has_code: bool) -> dict[str, Any]:
        """Return all texts; ``made_on``: YYYY-MM-DD, ``address``: of a verification page."""
        newest = sorted(self._report.certifications, key=_awarded, reverse=True)
        parts = [
            self._part(name, shown)
            for name, shown in (
                ("guaranteed", [one for one in newest if not one.reasons]),
                ("others", [one for one in newest if one.reasons]),
            )
            if shown
        ]
        return {
            "lang": self._language,
            "title": self._say("title", name=self._name),
            "description": self._words["description"],
            "name": self._name,
            "awarded_to": [self._awarded_to(person) for person in self._report.persons],
            "log": self._log(),
            "parts": parts,
            "declared": self._declared(),
            "check": self._check(address, made_on, has_code=has_code),
            "page": self._words["page"],
        }

    def _say(self, text: str, **values: object) -> str:
        return self._words[text].format(**values)

    def _day(self, date: str) -> str:
        return day_text(date, self._language)

    def _number(self, number: int) -> str:
        return number_text(number, self._language)

    def _part(self, name: str, shown: Sequence[CertificationReport]) -> dict[str, Any]:
        """Return a part of certifications: its heading, its lines, where titles come from."""
        dates = sorted({one.register_date for one in shown if one.register_date is not None})
        return {
            "kind": name,
            "heading": self._words[name],
            "by": self._words[f"{name}_by"],
            "items": [self._item(one) for one in shown],
            "notes": [self._say("registered_title", date=self._day(date)) for date in dates],
        }

    def _log(self) -> str:
        """Name the log, and its size as of the statuses shown, the oldest of them."""
        checkpoint = self._report.checkpoint
        assert checkpoint is not None, "a report that says yes has a checkpoint"
        known = [one.as_of_index for one in self._report.certifications]
        ends = [index + 1 for index in known if index is not None]
        size = min(ends, default=checkpoint.size)
        return self._as_of("log", origin=checkpoint.origin, size=self._number(size))

    def _as_of(self, text: str, **values: object) -> str:
        """Say something with the time since which anything can have happened."""
        times = [one.as_of_time for one in self._report.certifications]
        known = [time for time in times if time is not None]
        if len(known) < len(times):
            return self._say(f"{text}_unknown", **values)
        return self._say(text, time=moment_text(min(known), self._language), **values)

    def _awarded_to(self, person: Person) -> str:
        """Say whose certifications they are, and of several persons' which are whose."""
        first = person.certifications[0]
        fields = next(
            dict(one.fields) for one in self._report.certifications if one.index == first
        )
        name = " ".join(str(fields[part]) for part in _NAMES[person.kind] if fields.get(part))
        said = self._say("awarded_to", name=name)
        born = self._born(fields)
        said = f"{said}, {born}" if born else said
        if len(self._report.persons) == 1:
            return said
        return f"{said} ({', '.join(map(self._number, person.certifications))})"

    def _born(self, fields: Mapping[str, Value]) -> str | None:
        year, month, day = (fields.get(f"{_TITULAIRE}{part}Naissance") for part in _PARTS)
        if not isinstance(year, int):
            return None
        if isinstance(month, int) and isinstance(day, int):
            return self._say("born", date=self._day(f"{year:04}-{month:02}-{day:02}"))
        return self._say("born_in", year=year)

    def _item(self, one: CertificationReport) -> dict[str, Any]:
        fields = dict(one.fields)
        code = self._code(fields)
        return {
            "title": one.title or code or self._words["no_title"],
            "code": code if one.title else None,
            "year": str(fields.get("dateDebutValidite") or "")[:4],
            "certifier": one.certifier_name
            or one.certifier
            or self._words["certifier_unknown"],
            "facts": [*self._facts(one, fields)],
            "entry": [*self._deposited(one)],
            "status": self._words[_badge(one)],
            "struck": one.status in {"superseded", "withdrawn", "erased"},
            "good": not one.reasons,
            "remarks": [*self._remarks(one)],
        }

    def _deposited(self, one: CertificationReport) -> Iterator[str]:
        """Say who deposited it, for whom, and whether that body may do so for anybody."""
        depositor = one.depositor_name
        values = {
            "index": self._number(one.index),
            "date": self._day(one.time[:10]),
            "depositor": depositor,
        }
        if one.certifier == one.depositor:
            yield self._say("entry", **values)
            return
        if one.certifier is None:
            yield self._say("entry", **values)
        else:
            certifier = one.certifier_name or one.certifier
            yield self._say("entry_for", certifier=certifier, **values)
        if not one.limited:
            yield self._say("not_limited", depositor=depositor)

    @staticmethod
    def _code(fields: Mapping[str, Value]) -> str | None:
        """Return type and code, the type once: codes begin with it."""
        kind, code = fields.get("type"), fields.get("code")
        if not isinstance(code, str):
            return None
        return code if kind is None or code.startswith(str(kind)) else f"{kind} {code}"

    def _facts(self, one: CertificationReport, fields: Mapping[str, Value]) -> Iterator[str]:
        awarded, level = fields.get("dateDebutValidite"), language_level(fields)
        if one.level is not None:
            yield self._say("framework_level", level=one.level)
        if isinstance(awarded, str):
            yield self._say("awarded", date=self._day(awarded))
        if "dateFinValidite" in fields:
            ends = fields["dateFinValidite"]
            unlimited = self._words["unlimited"]
            yield unlimited if ends is None else self._say("until", date=self._day(str(ends)))
        if level is not None:
            yield self._say("level", level=level)
        score = fields.get("niveauNumeriqueEuropeen.scoreGeneral")
        if score is not None:
            yield self._say("digital", score=score)
        if option := fields.get("libelleOption"):
            yield self._say("option", option=option)
        mention = fields.get("mentionValidee")
        if isinstance(mention, str) and mention != "SANS_MENTION":
            yield MENTIONS[self._language].get(mention, mention)

    def _remarks(self, one: CertificationReport) -> Iterator[str]:
        """Say every reason against a line that its badge does not say already."""
        if one.changed_by is not None and one.changed_time is not None:
            date, index = self._day(one.changed_time[:10]), self._number(one.changed_by)
            yield self._say("changed", date=date, index=index)
        when = one.as_of_time
        values = {
            "names": ", ".join(one.lacks),
            "time": "" if when is None else moment_text(when, self._language),
        }
        for reason in one.reasons:
            if f"why_{reason}" in self._words:
                yield self._say(f"why_{reason}", **values)

    def _declared(self) -> dict[str, Any]:
        holder, words = self._holder, self._words
        usage_name = holder.usage_name
        stages = (("experience", holder.experience), ("education", holder.education))
        lists = (("skills", holder.skills), ("languages", holder.languages))
        return {
            "heading": words["declared"],
            "by": words["declared_by"],
            "usage_name": None
            if usage_name is None
            else self._say("usage_name", name=usage_name),
            "headline": holder.headline,
            "contact": holder.contact,
            "profile": holder.profile,
            "sections": [
                {"heading": words[name], "stages": self._stages(some)}
                for name, some in stages
                if some
            ],
            "lists": [{"heading": words[name], "items": some} for name, some in lists if some],
        }

    def _stages(self, stages: Sequence[Stage]) -> list[dict[str, Any]]:
        return [
            {
                "period": self._period(stage),
                "title": stage.title,
                "where": ", ".join(filter(None, (stage.organisation, stage.place))),
                "text": stage.text,
            }
            for stage in stages
        ]

    def _period(self, stage: Stage) -> str:
        if stage.start is None:
            return "" if stage.end is None else self._say("until_only", end=stage.end)
        if stage.end is None:
            return self._say("since", start=stage.start)
        if stage.start == stage.end:
            return stage.start
        return self._say("present", start=stage.start, end=stage.end)

    def _check(self, address: str | None, made_on: str, *, has_code: bool) -> dict[str, Any]:
        words = self._words
        return {
            "heading": words["check"],
            "texts": [
                words["check_file"],
                *([] if address is None else [self._say("check_at", address=address)]),
                *([words["check_print"]] if has_code else []),
                self._say("not_guaranteed", after=self._as_of("after")),
                self._say("made", date=self._day(made_on)),
            ],
            "alt": words["qr"],
        }
