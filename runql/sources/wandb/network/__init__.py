"""The way to a server: proxies, certificates, the headers of a gateway, and what goes wrong on it."""
