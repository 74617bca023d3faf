"""The two files strangers check the books with, loaded from docs/: there is one of each."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from marketplace.core.resources import DOCS

LEDGER = DOCS / "verify_ledger.py"
PROOF = DOCS / "verify_proof.py"


def _loaded(path: Path) -> Any:
    spec = spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


verify_ledger = _loaded(LEDGER)
verify_proof = _loaded(PROOF)
