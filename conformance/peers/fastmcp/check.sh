#!/bin/sh
# FastMCP's in-memory provider, judged live: red without its baseline, green with it, 5 when an entry is stale.
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
export GRANTCHECK_DRIVERS="$root/conformance/drivers" GRANTCHECK_ENVIRONMENTS="$root/build/drivers"
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# expect WANTED WORDS...: runs grantcheck and compares its exit code.
program=$1
expect() {
  wanted=$1
  shift
  "$program" run --driver fastmcp -q "$@" >"$out/log" 2>&1
  got=$?
  if [ $got -ne "$wanted" ]; then
    tail -40 "$out/log"
    echo "exit $got instead of $wanted: run --driver fastmcp $*"
    exit 1
  fi
}

expect 1
expect 0 --baseline "$here/known.toml" -o "$out"
# An entry for a vector that passes.
passing=$(python3 -c 'import json, sys
print(next(v["vector"] for v in json.load(open(sys.argv[1]))["verdicts"] if v["verdict"] == "pass"))' "$out/run.json")
{ cat "$here/known.toml"; printf '\n[[known]]\nvector = "%s"\nreason = "made up"\nseen = "made up"\n' "$passing"; } >"$out/stale.toml"
expect 5 --baseline "$out/stale.toml"
echo "FastMCP: 1 without baseline, 0 with it, 5 with a stale entry"
