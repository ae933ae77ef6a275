#!/bin/sh
# The example as its reader would build it: from an installed tree, with find_package, in a folder of its own.
set -eu
cmake=$1
built=$2
here=$(cd "$(dirname "$0")" && pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
"$cmake" --install "$built" --prefix "$out/prefix" >"$out/log" || { cat "$out/log"; exit 1; }
"$cmake" -S "$here" -B "$out/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$out/prefix" >"$out/log" ||
  { cat "$out/log"; exit 1; }
"$cmake" --build "$out/build" >"$out/log" || { cat "$out/log"; exit 1; }
"$cmake" -E chdir "$out/build" ./tiny_provider_test --gtest_brief=1
