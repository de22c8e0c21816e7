from __future__ import annotations

import pytest
from client_runs import Judge, judging_in


@pytest.fixture(scope="session")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    return judging_in(tmp_path_factory.mktemp("clients"))
