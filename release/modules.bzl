"""What a release takes from other modules beside their code: the texts of their licences."""

_NAMES = ["LICENSE*", "LICENCE*", "COPYING*", "NOTICE*", "PATENTS*", "UNLICENSE*"]

def _go(ctx, go, arguments):
    done = ctx.execute([go] + arguments, environment = {"GOFLAGS": "", "GOWORK": "off"}, timeout = 1800)
    if done.return_code:
        fail("go {}: {}{}".format(" ".join(arguments), done.stdout, done.stderr))
    return done.stdout

def _texts(ctx, folder, into):
    """Links the texts that are below a folder into another, and returns their paths in it."""
    wanted = []
    for name in _NAMES:
        wanted += ["-o", "-iname", name]
    found = ctx.execute(["find", folder, "-type", "f", "("] + wanted[1:] + [")"])
    if found.return_code:
        fail("find {}: {}".format(folder, found.stderr))
    texts = []
    for path in sorted(found.stdout.splitlines()):
        text = path[len(folder) + 1:]
        if not text.endswith(".go") and "/testdata/" not in path:
            ctx.symlink(path, into + "/" + text)
            texts.append(text)
    return texts

def _modules_impl(ctx):
    go = ctx.which("go")
    if not go:
        fail("there is no go on PATH: install any version from go.dev/dl")
    ctx.file("go.mod", ctx.read(ctx.attr.go_mod))
    ctx.file("go.sum", ctx.read(ctx.attr.go_sum))
    ctx.report_progress("fetching licences")

    # The go command prints one object after the other, and holds each module to go.sum.
    answers = json.decode("[" + _go(ctx, go, ["mod", "download", "-json"]).replace("}\n{", "},{") + "]")
    index = []
    for number, answer in enumerate(answers):
        folder = "texts/{}".format(number)
        index.append({
            "folder": folder,
            "path": answer["Path"],
            "sum": answer["Sum"],
            "texts": _texts(ctx, answer["Dir"], folder),
            "version": answer["Version"],
        })

        # The schemas of bills of materials are there too, for a test.
        if answer["Path"] == "github.com/CycloneDX/cyclonedx-go":
            for name in ["bom-1.6.schema.json", "jsf-0.82.schemax.json", "spdx.schema.json"]:
                ctx.symlink(answer["Dir"] + "/schema/" + name, "cyclonedx/" + name)
    ctx.file("index.json", json.encode_indent(index) + "\n")

    # The machine's Go, whose files other builds than a release take.
    root = _go(ctx, go, ["env", "GOROOT"]).strip()
    for name in ["LICENSE", "PATENTS", "lib/time/zoneinfo.zip"]:
        ctx.symlink(ctx.path(root + "/" + name), "go/" + name)
    ctx.file("BUILD.bazel", """package(default_visibility = ["//visibility:public"])

exports_files(["index.json"] + glob(["go/**"]))

filegroup(
    name = "cyclonedx",
    srcs = glob(["cyclonedx/*"]),
)

filegroup(
    name = "texts",
    srcs = glob(["texts/**"]),
)
""", executable = False)

_modules = repository_rule(
    implementation = _modules_impl,
    attrs = {
        "go_mod": attr.label(mandatory = True),
        "go_sum": attr.label(mandatory = True),
    },
    doc = "The modules of go.mod: index.json has their versions and checksums, and the folder of their texts.",
)

def _release_modules_impl(_ctx):
    _modules(name = "release_modules", go_mod = "//:go.mod", go_sum = "//:go.sum")

release_modules = module_extension(
    implementation = _release_modules_impl,
    doc = "Makes @release_modules. Only what a release is made of asks for it.",
)
