"""Makes the files of `editors/` that follow from the language; `python -m editors.generate` writes them anew."""
