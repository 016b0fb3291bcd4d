#!/bin/sh
# What a build knows of the commit it is made from. Bazel runs this at the root of the repository.
#
# Binaries of a release are linked again when a key that starts with STABLE_ changes. Those of other builds use the key without it:
# they say the commit at which they were linked, and no commit makes Bazel link or test again what it did not change.
commit=$(git rev-parse HEAD 2>/dev/null) || commit=unknown
# Files that git does not know may be part of the build as well.
if [ "$commit" != unknown ] && [ -n "$(git status --porcelain 2>/dev/null | head -n 1)" ]; then
  commit=$commit-dirty
fi
printf 'STABLE_COMMIT %s\nGATEWAY_COMMIT %s\n' "$commit" "$commit"
