"""`runql mcp`: a server of the Model Context Protocol, for agents (extra `mcp`)."""
