"""The command `runql`."""
