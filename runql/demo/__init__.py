"""The embedded runs of `-s demo`: data only, in `wandb/`. `examples/demo/train.py` makes them."""
