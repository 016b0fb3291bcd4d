"""The rule that Gazelle puts into each fetched Go module."""

load("//providers:package_metadata_info.bzl", "PackageMetadataInfo")

def _impl(ctx):
    return [PackageMetadataInfo(purl = ctx.attr.purl)]

_package_metadata = rule(
    implementation = _impl,
    attrs = {
        "purl": attr.string(),
        "attributes": attr.label_list(),
    },
)

def package_metadata(**kwargs):
    # The package's default licenses name this very target: it must not depend on itself.
    kwargs["applicable_licenses"] = []
    _package_metadata(**kwargs)
