"""What rules_go asks about proto toolchains: they are not resolved."""

proto_common = struct(
    INCOMPATIBLE_ENABLE_PROTO_TOOLCHAIN_RESOLUTION = False,
)
