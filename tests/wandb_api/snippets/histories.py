"""Histories of one run and of all."""

from __future__ import annotations

from typing import Any

from tests.wandb_api.snippets.registry import PATH, snippet


@snippet
def history(wandb: Any) -> Any:
    return wandb.Api().run(f"{PATH}/run00003").history()


@snippet
def history_of_keys(wandb: Any) -> Any:
    return wandb.Api().run(f"{PATH}/run00003").history(keys=["loss", "acc"])


@snippet
def history_with_the_step_among_the_keys(wandb: Any) -> Any:
    frame = wandb.Api().run(f"{PATH}/run00003").history(keys=["loss", "_step"], samples=1000)
    return [int(frame.iloc[-1].get("_step", 0)), frame]


@snippet
def history_along_another_axis(wandb: Any) -> Any:
    return wandb.Api().run(f"{PATH}/run00003").history(keys=["loss"], x_axis="_timestamp")


@snippet
def history_as_rows(wandb: Any) -> Any:
    return wandb.Api().run(f"{PATH}/run00003").history(keys=["val/loss"], pandas=False)


@snippet
def history_of_everything_as_rows(wandb: Any) -> Any:
    rows = wandb.Api().run(f"{PATH}/run00003").history(pandas=False)
    return [[list(row.items()) for row in rows]]


@snippet
def history_of_the_machine(wandb: Any) -> Any:
    return wandb.Api().run(f"{PATH}/run00003").history(stream="system")


@snippet
def history_with_gaps(wandb: Any) -> Any:
    return wandb.Api().run(f"{PATH}/run00004").history()


@snippet
def history_of_nothing(wandb: Any) -> Any:
    run = wandb.Api().run(f"{PATH}/empty")
    return [len(run.history()), run.history(pandas=False), run.lastHistoryStep, list(run.scan_history())]


@snippet
def scan(wandb: Any) -> Any:
    run = wandb.Api().run(f"{PATH}/run00003")
    return [row["loss"] for row in run.scan_history()]


@snippet
def scan_of_keys(wandb: Any) -> Any:
    run = wandb.Api().run(f"{PATH}/run00003")
    return [row["val/loss"] for row in run.scan_history(keys=["_step", "val/loss"], page_size=7)]


@snippet
def scan_of_some_steps(wandb: Any) -> Any:
    scanned = wandb.Api().run(f"{PATH}/run00003").scan_history(keys=["loss"], min_step=5, max_step=11)
    return [scanned.min_step, scanned.max_step, scanned.keys, scanned.run.id, [row["_step"] for row in scanned]]


@snippet
def scan_to_a_frame(wandb: Any) -> Any:
    import pandas as pd

    run = wandb.Api().run(f"{PATH}/run00003")
    frame = pd.DataFrame(list(run.scan_history(keys=["loss"])))
    return [frame["loss"].min(), len(frame)]


@snippet
def all_histories_in_one_frame(wandb: Any) -> Any:
    import pandas as pd

    frames = []
    for run in wandb.Api().runs(PATH, filters={"group": "g1"}):
        frame = run.history(keys=["loss"])
        frame["run"] = run.name
        frame["lr"] = run.config["lr"]
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


@snippet
def histories_as_pandas(wandb: Any) -> Any:
    return wandb.Api().runs(PATH).histories(samples=10, keys=["loss", "acc"], format="pandas")


@snippet
def histories_as_polars(wandb: Any) -> Any:
    frame = wandb.Api().runs(PATH).histories(keys=["loss"], format="polars")
    return [frame.columns, frame.rows()]


@snippet
def histories_as_rows(wandb: Any) -> Any:
    return wandb.Api().runs(PATH).histories(samples=4, keys=["loss"])


@snippet
def histories_of_the_machine(wandb: Any) -> Any:
    return wandb.Api().runs(PATH).histories(format="pandas", stream="system")
