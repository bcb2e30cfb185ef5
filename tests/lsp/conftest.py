"""A real server process, with a client that is not ours: that of pytest-lsp."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities

COMMAND = [sys.executable, "-m", "runql", "lsp"]


@pytest_lsp.fixture(  # type: ignore[untyped-decorator, unused-ignore]
    scope="module",
    config=ClientServerConfig(server_command=COMMAND),
    params=["visual-studio-code", "neovim"],
)
async def client(request: pytest.FixtureRequest, lsp_client: LanguageClient) -> AsyncIterator[None]:
    """A client with the capabilities of an editor; the embedded runs are the source."""
    lsp_client.feature(types.WORKSPACE_INLAY_HINT_REFRESH)(lambda _params: None)
    await lsp_client.initialize_session(
        types.InitializeParams(
            capabilities=client_capabilities(request.param),
            root_uri=Path(__file__).parent.as_uri(),
            initialization_options={"source": "demo", "results": "return"},
        )
    )
    yield
    await lsp_client.shutdown_session()
