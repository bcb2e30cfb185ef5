"""frontends/cli."""
