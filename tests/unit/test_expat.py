from __future__ import annotations

from provenance.cdc import expat


def test_a_parser_with_known_faults_is_warned_of() -> None:
    assert expat.warning((2, 6, 4)) is None
    assert expat.warning((2, 7, 0)) is None
    for version in ((2, 6, 3), (2, 5, 0), (1, 95, 8)):
        text = expat.warning(version)
        assert text is not None
        assert expat.spell(version) in text
        assert "2.6.4" in text


def test_the_version_is_the_interpreter_s_own() -> None:
    assert expat.warning() == expat.warning(expat.VERSION)
    assert len(expat.VERSION) == 3
