"""The provider of package_metadata."""

PackageMetadataInfo = provider(
    doc = "Where a package comes from.",
    fields = ["purl"],
)
