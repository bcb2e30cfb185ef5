"""Parts of a listing that the server orders otherwise than RunQL."""
