"""Packages for Linux distributions, the Homebrew formula, and the provenance of a release."""

load(":binaries.bzl", "BinariesInfo")

_MAKE = attr.label(default = "//release/make", cfg = "exec", executable = True)

def _package_impl(ctx):
    system, _, arch = ctx.attr.binaries[BinariesInfo].platform.partition("/")
    if system != "linux":
        return [DefaultInfo()]
    sortable = ctx.attr.version.replace("-", "~", 1)
    if ctx.attr.kind == "deb":
        name = "gateway_{}_{}.deb".format(sortable, arch)
    else:
        name = "gateway-{}-1.{}.rpm".format(sortable, {"amd64": "x86_64", "arm64": "aarch64"}[arch])
    out = ctx.actions.declare_file(ctx.label.name + "/" + name)
    arguments = ctx.actions.args()
    arguments.add(ctx.attr.kind)
    arguments.add("--out", out)
    arguments.add("--version", ctx.attr.version)
    arguments.add("--arch", arch)
    arguments.add("--archive", ctx.file.archive)
    arguments.add_all(ctx.files.files, before_each = "--file")
    ctx.actions.run(
        executable = ctx.executable._make,
        arguments = [arguments],
        inputs = ctx.files.files + [ctx.file.archive],
        outputs = [out],
        mnemonic = "Package",
    )
    return [DefaultInfo(files = depset([out]))]

release_package = rule(
    implementation = _package_impl,
    attrs = {
        "archive": attr.label(allow_single_file = True, mandatory = True, doc = "The archive for the platform."),
        "binaries": attr.label(mandatory = True, providers = [BinariesInfo]),
        "files": attr.label_list(allow_files = True, doc = "Units, scripts and the user, of release/linux."),
        "kind": attr.string(mandatory = True, values = ["deb", "rpm"]),
        "version": attr.string(mandatory = True),
        "_make": _MAKE,
    },
    doc = "A .deb or an .rpm of an archive for Linux. For other systems it is nothing.",
)

def _of_sums_impl(ctx):
    out = ctx.actions.declare_file("{}/{}".format(ctx.label.name, ctx.attr.out))
    sums = ctx.attr.sums[OutputGroupInfo].sums.to_list()[0]
    arguments = ctx.actions.args()
    arguments.add(ctx.attr.verb)
    arguments.add("--out", out)
    arguments.add("--version", ctx.attr.version)
    arguments.add("--sums", sums)
    inputs = [sums]
    if ctx.attr.verb == "provenance":
        status = ctx.info_file if ctx.attr.final else ctx.version_file
        arguments.add("--status", status)
        inputs.append(status)
    ctx.actions.run(executable = ctx.executable._make, arguments = [arguments], inputs = inputs, outputs = [out], mnemonic = "OfSums")
    return [DefaultInfo(files = depset([out]))]

release_of_sums = rule(
    implementation = _of_sums_impl,
    attrs = {
        "final": attr.bool(),
        "out": attr.string(mandatory = True),
        "sums": attr.label(mandatory = True),
        "verb": attr.string(mandatory = True, values = ["formula", "provenance"]),
        "version": attr.string(mandatory = True),
        "_make": _MAKE,
    },
    doc = "A file that says something of the SHA-256 of others: the formula of Homebrew, or the provenance.",
)
