"""The Go SDK that releases are built with, whatever Go the machine has.

It is the module golang.org/toolchain, the same files as on go.dev: machines that reach nothing but a proxy for Go modules get it
too. What arrives is held to the checksums below, and by the go command to the public checksum database. Builds other than a
release never ask for it.
"""

_VERSION = "1.26.8"

# Of go mod download -json golang.org/toolchain@v0.0.1-goVERSION.PLATFORM. A new version needs all of them anew.
_SUMS = {
    "darwin-amd64": "h1:7/9KPPN8PckcA9s91hm2jmQMhzW4KyTJXHIs45L0C9M=",
    "darwin-arm64": "h1:dFjGhY6f8DTsY8/rLchUTDRRfjJP4pCrGCwxvHFT2Fg=",
    "linux-amd64": "h1:ZOmGe1OnfREDMIdb1Qi4G9JSuDPBLGExZMQ4nis1RXM=",
    "linux-arm64": "h1:sYL/O6MqS68ML0kjsQ36WoYIpJqkw60TxizWUYUKQMc=",
}

_OS = {"darwin": "osx", "linux": "linux", "windows": "windows"}
_CPU = {"amd64": "x86_64", "arm64": "aarch64"}

def _constraints(goos, goarch):
    return repr(["@platforms//os:" + _OS[goos], "@platforms//cpu:" + _CPU[goarch]])

def _host(ctx):
    goos = "darwin" if ctx.os.name == "mac os x" else ctx.os.name
    goarch = {"aarch64": "arm64", "x86_64": "amd64"}.get(ctx.os.arch, ctx.os.arch)
    return goos, goarch

def _sdk_impl(ctx):
    goos, goarch = _host(ctx)
    platform = goos + "-" + goarch
    if platform not in _SUMS:
        fail("releases are built on one of {}, and this is {}".format(", ".join(_SUMS), platform))
    go = ctx.which("go")
    if not go:
        fail("there is no go on PATH, which fetches the Go SDK of a release: install any version from go.dev/dl")
    module = "golang.org/toolchain@v0.0.1-go{}.{}".format(_VERSION, platform)
    ctx.report_progress("fetching Go " + _VERSION)
    fetched = ctx.execute(
        [go, "mod", "download", "-json", module],
        environment = {"GOFLAGS": "", "GOTOOLCHAIN": "local", "GOWORK": "off"},
        working_directory = "/",
        timeout = 1800,
    )
    answer = json.decode(fetched.stdout, default = {})
    if fetched.return_code or "Dir" not in answer:
        fail("go mod download {}: {} {}".format(module, answer.get("Error", ""), fetched.stderr))
    if answer["Sum"] != _SUMS[platform]:
        fail("{} has the checksum {}, and release/sdk.bzl wants {}".format(module, answer["Sum"], _SUMS[platform]))
    for entry in ctx.path(answer["Dir"]).readdir():
        if entry.basename not in ("bin", "pkg"):
            ctx.symlink(entry, entry.basename)

    # A module has no programs, only files, and the cache that it is in is not ours to change.
    for command in (["cp", "-R", answer["Dir"] + "/bin", answer["Dir"] + "/pkg", "."], ["chmod", "-R", "u+w,a+x", "bin", "pkg"]):
        done = ctx.execute(command)
        if done.return_code:
            fail("{}: {}".format(" ".join(command), done.stderr))
    ctx.file("ROOT")

    # As rules_go makes the repository of any SDK. Its template names rules_go as that module names itself.
    ctx.file("BUILD.bazel.template", ctx.read(ctx.attr._template).replace("@io_bazel_rules_go//", "@rules_go//") + """
exports_files(["LICENSE", "PATENTS"])
""")
    ctx.template(
        "BUILD.bazel",
        ctx.path("BUILD.bazel.template"),
        executable = False,
        substitutions = {
            "{exe}": "",
            "{exec_compatible_with}": _constraints(goos, goarch),
            "{experiments}": "[]",
            "{goarch}": goarch,
            "{goos}": goos,
            "{version}": _VERSION,
        },
    )

_sdk = repository_rule(
    implementation = _sdk_impl,
    attrs = {"_template": attr.label(default = "@rules_go//go/private:BUILD.sdk.bazel")},
    doc = "The Go SDK of releases.",
)

def _toolchains_impl(ctx):
    exec_goos, exec_goarch = _host(ctx)
    lines = ["package(default_visibility = [\"//visibility:public\"])"]
    for goos in _OS:
        for goarch in _CPU:
            lines.append("""
toolchain(
    name = "{goos}_{goarch}",
    exec_compatible_with = {exec_on},
    target_compatible_with = {target},
    toolchain = "@{sdk}//:go_{goos}_{goarch}-impl",
    toolchain_type = "@rules_go//go:toolchain",
)""".format(
                exec_on = _constraints(exec_goos, exec_goarch),
                goarch = goarch,
                goos = goos,
                sdk = ctx.attr.sdk,
                target = _constraints(goos, goarch),
            ))
    ctx.file("BUILD.bazel", "\n".join(lines) + "\n", executable = False)

_toolchains = repository_rule(
    implementation = _toolchains_impl,
    attrs = {"sdk": attr.string(mandatory = True)},
    doc = "Offers the SDK to Bazel without fetching it: --config=release names these toolchains.",
)

def _release_sdk_impl(_ctx):
    _sdk(name = "release_sdk")
    _toolchains(name = "release_sdk_toolchains", sdk = "release_sdk")

release_sdk = module_extension(
    implementation = _release_sdk_impl,
    arch_dependent = True,
    os_dependent = True,
    doc = "Makes @release_sdk, and @release_sdk_toolchains, which is made without it.",
)
