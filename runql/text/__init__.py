"""Text: places in a source, diagnostics, their codes and how they are shown. Standard library only."""
