"""The table of codes: RQL1xx syntax, 2xx names and types, 3xx planning, 4xx backend, 5xx results and
files, 9xx ours. A code never changes its meaning; a new one is added here first."""

from __future__ import annotations

from types import MappingProxyType
from typing import Literal

from runql.text.frozen import frozen


@frozen
class Code:
    """One kind of diagnostic: how severe it is, and its title in the reference."""

    severity: Literal["error", "warning", "notice"]
    title: str


_TABLE = {
    # 1xx syntax
    "RQL101": Code("error", "unexpected text"),
    "RQL102": Code("error", "the text ends too early"),
    "RQL103": Code("error", "a string or a backtick is not closed"),
    "RQL104": Code("error", "a bracket is not closed, or closes nothing"),
    "RQL105": Code("error", "a clause is written twice"),
    "RQL106": Code("error", "an unknown word where a keyword must stand"),
    "RQL107": Code("error", "a number, a date or a duration that cannot be read"),
    "RQL108": Code("error", "an idiom of another language"),
    "RQL109": Code("error", "a character that the language does not have"),
    "RQL110": Code("error", "an empty query"),
    "RQL111": Code("error", "an expression that is nested too deeply"),
    "RQL112": Code("notice", "a text of another language that was read as a query"),
    # 2xx names and types
    "RQL201": Code("error", "an unknown field"),
    "RQL202": Code("error", "an ambiguous name"),
    "RQL203": Code("error", "values of types that never compare"),
    "RQL204": Code("error", "a bad regular expression"),
    "RQL205": Code("error", "a bad date or duration"),
    "RQL206": Code("error", "an unknown function, or a wrong number of arguments"),
    "RQL207": Code("error", "a parameter without a value"),
    "RQL208": Code("error", "an unknown metric"),
    "RQL209": Code("error", "a clause value out of range"),
    "RQL210": Code("error", "a metric's history where one value must stand"),
    "RQL211": Code("notice", "a bare name was looked up"),
    "RQL212": Code("warning", "a comparison that can never hold"),
    "RQL213": Code("error", "the clauses contradict each other"),
    "RQL214": Code("warning", "a field or metric that was not seen in the runs looked at"),
    "RQL215": Code("error", "an expression nested too deeply"),
    "RQL216": Code("error", "a bad argument of a Python call"),
    "RQL217": Code("error", "a parameter that the text does not use"),
    "RQL218": Code("error", "an unknown column of a table"),
    "RQL219": Code("error", "an aggregate where none can stand, or none where one must"),
    "RQL220": Code("error", "a named query that is not there, or that means itself"),
    "RQL221": Code("error", "a parameter whose value is of the wrong type"),
    "RQL222": Code("warning", "a parameter that is declared and never used"),
    "RQL223": Code("error", "an unknown option of `set`"),
    "RQL228": Code("error", "an inner question that gives more, or less, than its place takes"),
    "RQL229": Code("error", "an inner question that reads the outer one"),
    "RQL230": Code("error", "questions nested too deeply"),
    # 3xx planning
    "RQL301": Code("notice", "part of the filter is done here"),
    "RQL302": Code("notice", "histories are sampled"),
    "RQL303": Code("notice", "runs counted in though they lack the field"),
    "RQL304": Code("error", "not part of the language yet"),
    "RQL305": Code("notice", "the order is made here"),
    "RQL306": Code("notice", "runs that an order key puts last because they have no value"),
    "RQL307": Code("notice", "why no run passes"),
    "RQL308": Code("notice", "metrics that none of the runs logged"),
    "RQL310": Code("error", "an aggregate over histories that are sampled"),
    "RQL311": Code("notice", "groups of one row"),
    "RQL312": Code("notice", "values that an aggregate skipped"),
    "RQL313": Code("notice", "rows, cells or fields that a stage left out"),
    "RQL314": Code("error", "a stage on a table that it does not work on"),
    "RQL315": Code("notice", "cells of a pivot that are empty"),
    "RQL316": Code("error", "a stage without a column that it needs"),
    "RQL317": Code("error", "a run that the table does not hold"),
    "RQL318": Code("error", "two columns of one name"),
    "RQL319": Code("notice", "a stage that had nothing to work on"),
    "RQL321": Code("notice", "finished runs beside running ones"),
    "RQL322": Code("notice", "runs with different numbers of steps"),
    "RQL323": Code("notice", "a metric that only some of the runs logged"),
    "RQL324": Code("notice", "two fields that may be one, in different runs"),
    "RQL325": Code("notice", "a comparison with a field of several types"),
    "RQL326": Code("notice", "a count that is the server's"),
    "RQL330": Code("notice", "runs left out because a negated test is unknown of them"),
    "RQL331": Code("warning", "a time zone that is not known"),
    "RQL332": Code("notice", "groups whose keys look alike"),
    "RQL333": Code("notice", "a count of a condition's values"),
    "RQL338": Code("notice", "rows of a join that match nothing"),
    "RQL339": Code("notice", "rows of a join that match several"),
    "RQL340": Code("notice", "columns that only one side of a union has"),
    "RQL341": Code("notice", "values of an inner question that were left out"),
    "RQL342": Code("notice", "an inner question that gave nothing"),
    "RQL343": Code("notice", "runs on both sides of a union"),
    # 4xx backend
    "RQL401": Code("error", "not signed in, or not allowed"),
    "RQL402": Code("error", "not found"),
    "RQL403": Code("error", "too many requests"),
    "RQL404": Code("error", "the source cannot be reached"),
    "RQL405": Code("error", "the server failed"),
    "RQL406": Code("notice", "the server does less than it was asked; the rest is done here"),
    "RQL407": Code("warning", "runs came, went or changed while they were read"),
    "RQL408": Code("warning", "a run, a history, a sweep or a project that the server could not read"),
    "RQL412": Code("warning", "rows of a history that the server counts and does not give"),
    "RQL410": Code("error", "an answer of the server that is larger than is allowed"),
    "RQL415": Code("error", "the server lacks what the question needs"),
    "RQL420": Code("warning", "a server whose certificate is not verified"),
    "RQL421": Code("notice", "a setting of the network that does not count"),
    "RQL411": Code("warning", "a part of a run that the server sends and nobody can read"),
    # 5xx results and files
    "RQL501": Code("warning", "a run file is damaged; what is whole of it is shown"),
    "RQL502": Code("notice", "a log that ends in the middle of a record: its run was killed"),
    "RQL503": Code("warning", "a run file could not be read"),
    "RQL504": Code("notice", "NaN or infinity became null"),
    "RQL505": Code("notice", "a run is still being written"),
    "RQL506": Code("error", "the output cannot be written"),
    "RQL507": Code("notice", "metrics logged at different steps"),
    "RQL508": Code("notice", "rows left out because they have no x"),
    "RQL509": Code("notice", "a column holds values of different types"),
    "RQL510": Code("error", "a settings file that cannot be read"),
    "RQL511": Code("error", "no source, or none of that name"),
    "RQL512": Code("error", "the command was called wrongly"),
    "RQL513": Code("notice", "columns left out of the table of runs"),
    "RQL514": Code("notice", "run folders that overlap: a copy, or steps logged twice"),
    "RQL515": Code("notice", "rows left out by `--max-rows`"),
    "RQL516": Code("notice", "a folder that is called as a project on the server may be"),
    "RQL520": Code("error", "an assertion does not hold"),
    "RQL530": Code("error", "the settings of a folder that nobody said yes to"),
    "RQL531": Code("warning", "a settings file that does not count"),
    "RQL532": Code("notice", "a name of the settings that an answer used"),
    "RQL533": Code("notice", "a name of the settings that does not count"),
    "RQL534": Code("error", "an alias or a named query that stands for too much"),
    "RQL535": Code("error", "a script or a saved query that may not write there"),
    "RQL545": Code("notice", "a run without a log, or whose log holds nothing"),
    "RQL546": Code("notice", "what a log that was cut off lacks comes from the files beside it"),
    "RQL547": Code("warning", "folders that were not looked into"),
    "RQL548": Code("notice", "a run that was rewound or forked"),
    "RQL549": Code("notice", "a folder that holds settings of sweeps, and no runs"),
    "RQL541": Code("notice", "data of kinds that are not read from event files"),
    "RQL540": Code("notice", "a value that no number or table can hold, shown as text"),
    # 9xx ours
    "RQL901": Code("error", "a fault of RunQL"),
}

CODES = MappingProxyType(_TABLE)
