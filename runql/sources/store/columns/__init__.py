"""Fields of the runs of a store as typed columns, and a listing made of them."""
