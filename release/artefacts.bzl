"""The files of a release that are made from binaries: archives, bills of materials, images, checksums."""

load(":binaries.bzl", "BinariesInfo")

_MAKE = attr.label(default = "//release/make", cfg = "exec", executable = True)
_INDEX = attr.label(default = "@release_modules//:index.json", allow_single_file = True)
_TEXTS = attr.label(default = "@release_modules//:texts", allow_files = True)

def _dashed(platform):
    return platform.replace("/", "_")

def _pages_impl(ctx):
    out = ctx.actions.declare_file(ctx.label.name + ".tar")
    arguments = ctx.actions.args()
    arguments.add("pages")
    arguments.add("--out", out)
    arguments.add("--gateway", ctx.executable.gateway)
    ctx.actions.run(executable = ctx.executable._make, arguments = [arguments], inputs = [], tools = [ctx.executable.gateway], outputs = [out], mnemonic = "Pages")
    return [DefaultInfo(files = depset([out]))]

# The gateway is the one of the build itself, not another of the exec configuration: the same would be compiled twice.
release_pages = rule(
    implementation = _pages_impl,
    attrs = {
        "gateway": attr.label(cfg = "target", executable = True, mandatory = True),
        "_make": _MAKE,
    },
    doc = "Manual pages, completions and the first configuration, as the gateway itself writes them.",
)

def _notices(ctx, out, binaries):
    arguments = ctx.actions.args()
    arguments.add("notices")
    arguments.add("--out", out)
    arguments.add("--index", ctx.file._index)
    lists = [b.packages for b in binaries]
    arguments.add_all(lists, before_each = "--packages")
    arguments.add_all(ctx.files.golang, before_each = "--go-text")
    ctx.actions.run(
        executable = ctx.executable._make,
        arguments = [arguments],
        inputs = depset([ctx.file._index] + lists + ctx.files.golang, transitive = [depset(ctx.files._texts)]),
        outputs = [out],
        mnemonic = "Notices",
    )

def _archive_impl(ctx):
    r = ctx.attr.binaries[BinariesInfo]
    name = "gateway_{}_{}".format(ctx.attr.version, _dashed(r.platform))
    folder = ctx.label.name + "/"
    notices = ctx.actions.declare_file(folder + "NOTICES.txt")
    _notices(ctx, notices, r.binaries)
    out = ctx.actions.declare_file(folder + name + (".zip" if r.platform.startswith("windows/") else ".tar.gz"))
    arguments = ctx.actions.args()
    arguments.add("archive")
    arguments.add("--out", out)
    arguments.add("--file", "{}/NOTICES.txt={}".format(name, notices.path))
    inputs = [notices]
    for b in r.binaries:
        arguments.add("--program", "{}/{}={}".format(name, b.file.basename, b.file.path))
        inputs.append(b.file)
    for target, path in ctx.attr.files.items():
        file = target[DefaultInfo].files.to_list()[0]
        arguments.add("--file", "{}/{}={}".format(name, path, file.path))
        inputs.append(file)
    for file in ctx.files.trees:
        arguments.add("--tree", "{}/={}".format(name, file.path))
        inputs.append(file)
    ctx.actions.run(executable = ctx.executable._make, arguments = [arguments], inputs = inputs, outputs = [out], mnemonic = "Archive")
    return [DefaultInfo(files = depset([out])), OutputGroupInfo(notices = depset([notices]))]

release_archive = rule(
    implementation = _archive_impl,
    attrs = {
        "binaries": attr.label(mandatory = True, providers = [BinariesInfo]),
        "files": attr.label_keyed_string_dict(allow_files = True, doc = "Files, and their names in the archive."),
        "golang": attr.label_list(allow_files = True, doc = "The licences of Go."),
        "trees": attr.label_list(allow_files = [".tar"], doc = "Archives whose files are in this one."),
        "version": attr.string(mandatory = True),
        "_index": _INDEX,
        "_make": _MAKE,
        "_texts": _TEXTS,
    },
    doc = "What people download: the binaries with their licences and what belongs to them, .zip for Windows and else .tar.gz.",
)

def _sbom_impl(ctx):
    r = ctx.attr.binaries[BinariesInfo]
    out = ctx.actions.declare_file("{}/gateway_{}_{}.cdx.json".format(ctx.label.name, ctx.attr.version, _dashed(r.platform)))
    arguments = ctx.actions.args()
    arguments.add("sbom")
    arguments.add("--out", out)
    arguments.add("--index", ctx.file._index)
    arguments.add("--version", ctx.attr.version)
    arguments.add("--platform", r.platform)
    inputs = [ctx.file._index]
    for b in r.binaries:
        arguments.add("--binary", "{}={}".format(b.name, b.file.path))
        arguments.add("--packages", "{}={}".format(b.name, b.packages.path))
        inputs += [b.file, b.packages]
    ctx.actions.run(
        executable = ctx.executable._make,
        arguments = [arguments],
        inputs = depset(inputs, transitive = [depset(ctx.files._texts)]),
        outputs = [out],
        mnemonic = "Sbom",
    )
    return [DefaultInfo(files = depset([out]))]

release_sbom = rule(
    implementation = _sbom_impl,
    attrs = {
        "binaries": attr.label(mandatory = True, providers = [BinariesInfo]),
        "version": attr.string(mandatory = True),
        "_index": _INDEX,
        "_make": _MAKE,
        "_texts": _TEXTS,
    },
    doc = "The bill of materials of the binaries for one platform.",
)

def _image_impl(ctx):
    out = ctx.actions.declare_file("{}/gateway_{}_{}.oci.tar".format(ctx.label.name, ctx.attr.version, ctx.attr.program))

    # The commit of a release makes it anew for each commit; others only say that of when they were made (tools/status.sh).
    status = ctx.info_file if ctx.attr.final else ctx.version_file
    arguments = ctx.actions.args()
    arguments.add("build")
    arguments.add("--out", out)
    arguments.add("--name", ctx.attr.program)
    arguments.add("--about", ctx.attr.about)
    arguments.add("--version", ctx.attr.version)
    arguments.add("--status", status)
    arguments.add("--zones", ctx.file.zones)
    arguments.add_all(ctx.attr.arguments, before_each = "--arg")
    arguments.add_all(ctx.attr.ports, before_each = "--port")
    arguments.add_all(ctx.attr.volumes, before_each = "--volume")
    inputs = [status, ctx.file.zones]
    for target in ctx.attr.binaries:
        r = target[BinariesInfo]
        for b in r.binaries:
            if b.name == ctx.attr.program or ctx.attr.all_programs:
                arguments.add("--program", "{}={}".format(r.platform, b.file.path))
                inputs.append(b.file)
    for target, path in ctx.attr.files.items():
        file = target[DefaultInfo].files.to_list()[0]
        arguments.add("--file", "{}={}".format(path, file.path))
        inputs.append(file)
    ctx.actions.run(executable = ctx.executable._image, arguments = [arguments], inputs = inputs, outputs = [out], mnemonic = "Image")
    return [DefaultInfo(files = depset([out]))]

release_image = rule(
    implementation = _image_impl,
    attrs = {
        "about": attr.string(mandatory = True),
        "all_programs": attr.bool(doc = "Have all binaries, and not only the one that runs."),
        "arguments": attr.string_list(),
        "binaries": attr.label_list(mandatory = True, providers = [BinariesInfo], doc = "For each platform."),
        "files": attr.label_keyed_string_dict(allow_files = True, doc = "Files, and their paths without the first slash."),
        "final": attr.bool(),
        "ports": attr.string_list(),
        "program": attr.string(mandatory = True),
        "version": attr.string(mandatory = True),
        "volumes": attr.string_list(doc = "Folders that the program keeps data in."),
        "zones": attr.label(allow_single_file = True, mandatory = True),
        "_image": attr.label(default = "//tools/image", cfg = "exec", executable = True),
    },
    doc = "A container image for some platforms, as an archive of an OCI layout.",
)

def _sums_impl(ctx):
    out = ctx.actions.declare_file(ctx.label.name + "/SHA256SUMS")
    arguments = ctx.actions.args()
    arguments.add("sums")
    arguments.add("--out", out)
    arguments.add_all(ctx.files.srcs, before_each = "--file")
    ctx.actions.run(executable = ctx.executable._make, arguments = [arguments], inputs = ctx.files.srcs, outputs = [out], mnemonic = "Sums")
    return [DefaultInfo(files = depset([out] + ctx.files.srcs)), OutputGroupInfo(sums = depset([out]))]

release_sums = rule(
    implementation = _sums_impl,
    attrs = {
        "srcs": attr.label_list(allow_files = True, mandatory = True),
        "_make": _MAKE,
    },
    doc = "SHA256SUMS of files, and the files.",
)
