"""Where a run ran: the file that the SDK writes beside an online run, and the record in the log of an offline one."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from wandb.proto import wandb_internal_pb2

from runql.sources.local import LocalService
from runql.sources.local.records import ENVIRONMENT
from runql.wandb_api.api import WandbApi
from tests.sources.local import files

pb: Any = wandb_internal_pb2
json_format: Any = import_module("google.protobuf.json_format")


def fill(message: Any, descriptor: Any) -> None:
    """Puts a value into every field of a message, and two into each list and map."""
    for at, field in enumerate(descriptor.fields, 1):
        if field.name == "_info":
            continue
        target, below = getattr(message, field.name), field.message_type
        if below is None and field.is_repeated:
            target.extend(["--lr", "0.1"])
        elif below is None:
            value = f"text {at}" if field.type == field.TYPE_STRING else at
            setattr(message, field.name, 10**10 + at if field.type == field.TYPE_UINT64 else value)
        elif below.GetOptions().map_entry:
            fill_map(target, below.fields_by_name["value"])
        elif below.full_name == "google.protobuf.Timestamp":
            target.FromJsonString("2026-01-31T12:00:00.250Z")
        else:
            for each in (target.add(), target.add()) if field.is_repeated else (target,):
                fill(each, below)


def fill_map(target: Any, value: Any) -> None:
    for key in ("a", "b"):
        if value.type == value.TYPE_MESSAGE:
            fill(target[key], value.message_type)
        else:
            target[key] = f"{key} value"


def service(root: Path, *bodies: bytes) -> LocalService:
    files.write(root, files.log([files.run("abc"), *bodies, files.exit_()]))
    return LocalService(root)


def test_the_record_in_the_log_says_what_the_sdk_writes_into_the_file(tmp_path: Path) -> None:
    record = pb.EnvironmentRecord()
    fill(record, pb.EnvironmentRecord.DESCRIPTOR)
    wanted = json_format.MessageToDict(record)
    wanted["startedAt"] = "2026-01-31T12:00:00.250000Z"
    found = service(tmp_path, files.message(ENVIRONMENT, record.SerializeToString())).metadata("", "", "abc").facts
    assert found is not None
    assert found == wanted
    assert len(found) == len(pb.EnvironmentRecord.DESCRIPTOR.fields) - 1


def test_several_records_are_one(tmp_path: Path) -> None:
    bodies = [pb.EnvironmentRecord(os="Linux", python="3.11"), pb.EnvironmentRecord(gpu_type="H100", os="Linux 6")]
    made = service(tmp_path, *(files.message(ENVIRONMENT, each.SerializeToString()) for each in bodies))
    assert made.metadata("", "", "abc").facts == {"os": "Linux 6", "python": "3.11", "gpu": "H100"}


def test_the_file_beside_the_log_counts(tmp_path: Path) -> None:
    record = pb.EnvironmentRecord(os="Linux", python="3.11")
    made = service(tmp_path, files.message(ENVIRONMENT, record.SerializeToString()))
    (log,) = tmp_path.rglob("*.wandb")
    beside = log.parent / "files" / "wandb-metadata.json"
    beside.parent.mkdir()
    beside.write_text(json.dumps({"gpu": "NVIDIA H100", "python": "3.12", "host": "node7"}))
    run = WandbApi(service_api=made).run("abc")
    assert (run.metadata["gpu"], run.metadata["python"], run.metadata.get("os")) == ("NVIDIA H100", "3.12", None)
    assert run.metadata["startedAt"] == run.created_at
    with pytest.raises(KeyError, match=r"the metadata has no `os`: neither `files/wandb-metadata\.json`"):
        _ = run.metadata["os"]


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff", b'"x"'])
def test_a_file_that_holds_none_is_passed_over(tmp_path: Path, content: bytes) -> None:
    record = pb.EnvironmentRecord(python="3.11")
    made = service(
        tmp_path, files.message(ENVIRONMENT, record.SerializeToString()), files.message(ENVIRONMENT, b"\xff")
    )
    (log,) = tmp_path.rglob("*.wandb")
    (log.parent / "files").mkdir()
    (log.parent / "files" / "wandb-metadata.json").write_bytes(content)
    assert made.metadata("", "", "abc").facts == {"python": "3.11"}


def test_a_run_that_says_nothing(tmp_path: Path) -> None:
    made = service(tmp_path)
    assert made.metadata("", "", "abc").facts == {}
    assert made.metadata("", "", "other").facts == {}
