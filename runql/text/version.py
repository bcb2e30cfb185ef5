"""The version of RunQL, for the floors below its front door, which has the same."""

VERSION = "0.1.0"
