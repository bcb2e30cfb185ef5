"""What the sources that read files share: protobuf by hand, names for a terminal, and who has a file open."""
