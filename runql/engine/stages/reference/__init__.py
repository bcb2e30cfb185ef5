"""The stages, row by row: what each of them means. One file a stage or a family of stages."""
