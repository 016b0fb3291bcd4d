"""The provider of proto_library, which Bazel 7 still has built in."""

load("//private:native.bzl", "native_proto_info")

ProtoInfo = native_proto_info
