"""Making a ledger, registering, publishing, looking at it."""

from __future__ import annotations

import base64
import json
import shutil
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from commands import CERTIFIER, DEPOSITOR, ORIGIN, Commands, World, make_world
from provenance.cli.entries import members, short_key, summarize
from provenance.cli.log import TYPES
from provenance.record.entry import parse_entry
from provenance.tlog.merkle import leaf_hash
from provenance.tlog.note import ED25519, make_verifier_key
from record_samples import ENTRIES

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("world"))


@pytest.fixture
def copy(world: World, tmp_path: Path) -> World:
    shutil.copytree(world.path, tmp_path / "copy")
    return World(tmp_path / "copy")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Commands:
    return Commands(capsys)
