"""What the tests of a release's files are told."""

load("//release:stamp.bzl", "release_version")

def release_env(files, platforms = []):
    """The environment of a test.

    Args:
      files: the label of the files, which are among its data.
      platforms: os/arch of all that they are for; none: the one of the build.

    Returns:
      its variables.
    """
    given = {
        "RELEASE_FILES": "$(rlocationpaths {})".format(files),
        "RELEASE_SCHEMAS": "$(rlocationpaths @release_modules//:cyclonedx)",
        "RELEASE_VERSION": release_version(),
    }
    if platforms:
        given["RELEASE_PLATFORMS"] = " ".join(platforms)
    return select({
        "//release:final": given | {"RELEASE_FINAL": "True"},
        "//conditions:default": given,
    })
