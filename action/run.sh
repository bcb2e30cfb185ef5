#!/usr/bin/env bash
# Runs the script of the action, and says what came of it. Every input comes as a variable: none is ever a piece of this text.
set -uo pipefail

call=(runql --junit "$JUNIT")
[ -z "$SOURCE" ] || call+=(--source "$SOURCE")
call+=(--output "${OUTPUT:-none}")
while IFS= read -r line; do
    line="${line#"${line%%[![:space:]]*}"}"
    [ -z "$line" ] || call+=(--param "$line")
done <<<"$PARAMS"

rm -f -- "$JUNIT"
"${call[@]}" -- "$SCRIPT"
status=$?
echo "junit=$JUNIT" >>"$GITHUB_OUTPUT"
echo "status=$status" >>"$GITHUB_OUTPUT"
[ ! -e "$JUNIT" ] || python "$ACTION/annotate.py" "$JUNIT" >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
exit "$status"
