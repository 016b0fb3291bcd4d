"""The module extension that Bazel's own module uses; its repository is only read by `bazel mod tidy`."""

def _empty_impl(ctx):
    ctx.file("BUILD.bazel", "")

_empty = repository_rule(implementation = _empty_impl)

def _extension_impl(_ctx):
    _empty(name = "buildozer_binary")

buildozer_binary = module_extension(
    implementation = _extension_impl,
    tag_classes = {"buildozer": tag_class(attrs = {
        "sha256": attr.string_dict(),
        "version": attr.string(),
    })},
)
