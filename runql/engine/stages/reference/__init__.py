"""The operations of the stages row by row: what each of them means. `arrays` has the same names for many rows."""
