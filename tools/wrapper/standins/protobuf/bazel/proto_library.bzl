"""proto_library, as Bazel 7 still has it built in."""

def proto_library(**kwargs):
    native.proto_library(**kwargs)
