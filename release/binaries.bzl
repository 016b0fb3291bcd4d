"""The binaries of a release for one platform, each with the list of the packages that are in it."""

load("@rules_go//go:def.bzl", "GoArchive")

BinariesInfo = provider(
    doc = "The binaries of a release for one platform.",
    fields = {
        "binaries": "list of struct(name, file, packages): the file of a binary, and one that lists the packages in it",
        "platform": "os/arch, as Go names both",
    },
)

def _platform_impl(settings, attr):
    key = "//command_line_option:platforms"

    # What the build is for anyway is compiled once.
    if not attr.cross or attr.platform == attr.here:
        return {key: settings[key]}
    return {key: "@rules_go//go/toolchain:" + attr.platform.replace("/", "_")}

_platform = transition(
    implementation = _platform_impl,
    inputs = ["//command_line_option:platforms"],
    outputs = ["//command_line_option:platforms"],
)

def _import_path(archive):
    return archive.importpath

def _release_binaries_impl(ctx):
    system, _, arch = ctx.attr.platform.partition("/")
    binaries = []
    for target in ctx.attr.binaries:
        name = target.label.name
        file = ctx.actions.declare_file("{}/{}_{}/{}{}".format(
            ctx.label.name,
            system,
            arch,
            name,
            ".exe" if system == "windows" else "",
        ))
        ctx.actions.symlink(output = file, target_file = target[DefaultInfo].files_to_run.executable, is_executable = True)
        packages = ctx.actions.declare_file("{}/{}.packages".format(ctx.label.name, name))
        content = ctx.actions.args()
        content.set_param_file_format("multiline")
        content.add_all(target[GoArchive].transitive, map_each = _import_path, uniquify = True)
        ctx.actions.write(packages, content)
        binaries.append(struct(name = name, file = file, packages = packages))
    return [
        DefaultInfo(files = depset([b.file for b in binaries])),
        BinariesInfo(binaries = binaries, platform = ctx.attr.platform),
    ]

release_binaries = rule(
    implementation = _release_binaries_impl,
    attrs = {
        "binaries": attr.label_list(cfg = _platform, mandatory = True, providers = [GoArchive]),
        "cross": attr.bool(doc = "Build for the platform that is named, and not for the one that everything is built for."),
        "here": attr.string(doc = "The platform that everything is built for."),
        "platform": attr.string(mandatory = True, doc = "os/arch, as Go names both."),
        "_allowlist_function_transition": attr.label(default = "@bazel_tools//tools/allowlists/function_transition_allowlist"),
    },
    doc = "Builds go_binary targets for a platform.",
)
