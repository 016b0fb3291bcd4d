"""The packages of package-lock.json as a repository, each held to its checksum.

A build host may have no registry of npm. Then the repository says so instead of failing, for every
`bazel test //...` loads it: the test that needs the packages is skipped, and in CI it fails.
"""

_BUILD = """\
package(default_visibility = ["//visibility:public"])

exports_files(["missing.txt"])

filegroup(
    name = "packages",
    srcs = glob(["node_modules/**"], allow_empty = True),
)
"""

# How npm names what Bazel says of a machine.
_NAMES = {"amd64": "x64", "x86_64": "x64", "aarch64": "arm64", "mac os x": "darwin"}

def _fits(ctx, package):
    """Tells whether a package is for this machine."""
    here = {"os": ctx.os.name, "cpu": ctx.os.arch}
    for key, name in here.items():
        wanted = package.get(key, [])
        if type(wanted) == "string":
            wanted = [wanted]
        if wanted and _NAMES.get(name, name) not in wanted:
            return False
    return True

def _registry(ctx):
    """The registry that npm itself would ask: of the environment, of the user's file, or npm's own; "" without npm."""
    for variable in ["npm_config_registry", "NPM_CONFIG_REGISTRY"]:
        url = ctx.getenv(variable)
        if url:
            return url
    home = ctx.getenv("HOME")
    npmrc = ctx.path(home + "/.npmrc") if home else None
    if npmrc and npmrc.exists:
        for line in ctx.read(npmrc, watch = "no").splitlines():
            name, _, value = line.partition("=")
            if name.strip() == "registry":
                return value.strip()
    npm = ctx.which("npm")
    if not npm:
        return ""
    return ctx.execute([npm, "config", "get", "registry"]).stdout.strip()

def _npm_packages_impl(ctx):
    missing = []
    registry = _registry(ctx).rstrip("/")
    lock = json.decode(ctx.read(ctx.attr.lock))
    for place, package in lock["packages"].items():
        if not place or not _fits(ctx, package):
            continue
        name = place.removeprefix("node_modules/")
        if not registry:
            missing.append("{} {}".format(name, package["version"]))
            continue
        got = ctx.download_and_extract(
            url = "{}/{}/-/{}-{}.tgz".format(
                registry,
                name,
                name.split("/")[-1],
                package["version"],
            ),
            output = place,
            integrity = package["integrity"],
            stripPrefix = "package",
            allow_fail = True,
        )
        if not got.success:
            missing.append("{} {}".format(name, package["version"]))
    ctx.file("missing.txt", "no registry of npm gave {}".format(", ".join(missing)) if missing else "")
    ctx.file("BUILD.bazel", _BUILD)

_npm_packages = repository_rule(
    implementation = _npm_packages_impl,
    attrs = {"lock": attr.label(mandatory = True, allow_single_file = True)},
)

def _npm_impl(_ctx):
    _npm_packages(name = "conformance_npm", lock = "//tools/conformance/node:package-lock.json")

npm = module_extension(implementation = _npm_impl)
