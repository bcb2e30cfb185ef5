"""The language server: the language service in an editor's protocol. Needs the extra `lsp`."""
