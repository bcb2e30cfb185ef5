"""Whatever a server can answer besides what was asked for, as errors of RunQL."""
