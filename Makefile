# Short names for the commands of README.md; nothing is only here.
.PHONY: build test format gen gazelle bench release clean

build:
	tools/bazel build //...

test:
	tools/bazel test //...

format:
	tools/bazel run //tools/format

gen:
	tools/bazel run //tools/gen

gazelle:
	tools/bazel run //:gazelle

bench:
	tools/bazel run //tools/bench

release:
	tools/bazel build --config=release //release:all

clean:
	tools/bazel clean
