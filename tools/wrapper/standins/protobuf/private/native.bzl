"""Bazel's own providers under other names: a file cannot define a name that it reads from Bazel."""

native_proto_info = ProtoInfo
