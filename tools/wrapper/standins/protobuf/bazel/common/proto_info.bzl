"""The provider of proto_library, which Bazel 7 still has built in."""

_info = ProtoInfo
ProtoInfo = _info
