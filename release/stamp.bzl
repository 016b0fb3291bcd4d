"""What binaries know of themselves: the version, which MODULE.bazel alone says, and the commit."""

# It makes no target, so it has no name.
# buildifier: disable=unnamed-macro
def release_version():
    """The version of this repository, as module() in MODULE.bazel has it."""
    return native.module_version()

# buildifier: disable=unnamed-macro
def stamp():
    """The x_defs of a service's go_binary.

    A release says its version and the commit that it is built from. Other builds say that they are not it, and the commit at
    which they were linked; tools/status.sh tells why there are two keys for one commit.
    """
    version = release_version()
    return select({
        "//release:final": {
            "commit": "{STABLE_COMMIT}",
            "version": version,
        },
        "//conditions:default": {
            "commit": "{GATEWAY_COMMIT}",
            "version": version + "-dev",
        },
    })
