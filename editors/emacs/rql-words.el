;;; rql-words.el --- The words of RunQL -*- lexical-binding: t; -*-

;;; Commentary:

;; Made by `python -m editors.generate': change that, not this.

;;; Code:

(defconst rql-words-statements
  '("explain" "use" "let" "param" "set" "show" "describe" "pull" "runs" "run"
    "sweep" "count")
  "Words that begin a statement.")

(defconst rql-words-keywords
  '("into" "fields" "sources" "projects" "tags" "sweeps" "lets" "config"
    "summary" "logged" "system" "like" "from" "as" "of" "fresh" "lazy" "full"
    "scan" "cached" "where" "search" "order" "limit" "offset" "page" "sample"
    "with" "keys" "x" "steps" "align" "stream" "select" "safe" "inner" "left"
    "anti" "semi" "on" "min" "max" "ema" "mean" "line" "scatter" "bar" "hist"
    "heat" "box" "parallel" "y" "nearest" "by" "across" "or" "and" "bins" "vs"
    "over" "log" "band" "title" "all" "asc" "desc" "ago" "outer" "ffill"
    "default" "except" "not" "contains" "startswith" "endswith" "glob"
    "between" "in" "has" "any" "none" "is" "finite" "infinite" "missing"
    "value" "re" "untagged" "any_field" "last" "held" "approx")
  "Other keywords.")

(defconst rql-words-stages
  '("where" "order" "limit" "offset" "select" "drop" "rename" "distinct"
    "derive" "group" "best" "first" "last" "smooth" "bin" "resample" "align"
    "unnest" "pivot" "histogram" "diff" "corr" "pareto" "holes" "duplicates"
    "join" "union" "describe" "sql" "plot" "to" "assert")
  "Words that begin a stage, behind a pipe.")

(defconst rql-words-constants
  '("true" "false" "null" "nan" "inf" "now" "today" "yesterday")
  "Constants.")

(defconst rql-words-functions
  '("abs" "age" "argmax" "argmin" "at" "auc" "bool" "ceil" "clip" "coalesce"
    "concat" "count" "date" "diverged" "duration" "element" "exists" "exp"
    "extract" "first" "floor" "format" "hour" "if" "last" "len" "log" "log10"
    "log1p" "log2" "lower" "max" "mean" "median" "min" "missing" "month"
    "number" "replace" "round" "sign" "slope" "spikes" "split" "sqrt" "std"
    "substr" "sum" "text" "time" "trim" "upper" "week" "weekday" "when" "year")
  "Functions.")

(defconst rql-words-namespaces
  '("config" "summary" "summary_metrics" "logged" "system")
  "What stands before the first dot of a field.")

(defconst rql-words-run-fields
  '("id" "run_id" "name" "display_name" "displayName" "state" "tags" "group"
    "job_type" "jobType" "notes" "user" "username" "sweep" "sweep_name"
    "sweepName" "host" "hostname" "created" "created_at" "createdAt"
    "heartbeat" "heartbeat_at" "heartbeatAt" "updated" "updated_at"
    "updatedAt" "runtime" "duration" "project" "entity" "url")
  "Fields that every run has.")

(defconst rql-words-sources
  '("use" "into" "run" "sweep" "from" "join" "union" "inner" "left" "full"
    "anti" "semi")
  "Words that a source, or an id, stands behind.")

(provide 'rql-words)
;;; rql-words.el ends here
