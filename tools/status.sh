#!/bin/sh
# What a stamped build (--config=release) knows of the commit it is made from.
printf 'STABLE_VERSION %s\n' "$(git describe --tags --always --dirty 2>/dev/null || echo unknown)"
printf 'STABLE_COMMIT %s\n' "$(git rev-parse HEAD 2>/dev/null || echo unknown)"
