"""Everything that a release has, for some platforms."""

load(":artefacts.bzl", "release_archive", "release_image", "release_sbom", "release_sums")
load(":binaries.bzl", "release_binaries")
load(":packages.bzl", "release_of_sums", "release_package")
load(":stamp.bzl", "release_version")

SERVICES = ["configsync", "edge", "gateway", "healthagg", "relay"]

_DATA = "/var/lib/gateway"

_IMAGES = {
    "configsync": struct(
        about = "Gives a fleet of gateways its configuration, in steps",
        arguments = ["--store", _DATA + "/config-sync"],
        config = None,
        ports = ["9500/tcp"],
        volumes = [_DATA],
    ),
    "edge": struct(
        about = "L7 gateway: HTTP/1.1, HTTP/2, gRPC, WebSocket",
        arguments = [],
        config = "//release/image:gateway.yaml",
        ports = ["8080/tcp"],
        volumes = [],
    ),
    "gateway": struct(
        about = "L7 and L4 gateway with its command line, in one image",
        arguments = ["run"],
        config = "//release/image:gateway.yaml",
        ports = ["8080/tcp"],
        volumes = [],
    ),
    "healthagg": struct(
        about = "Gathers and explains the health of a fleet of gateways",
        arguments = [],
        config = "//release/image:healthagg.yaml",
        ports = [
            "7946/tcp",
            "7946/udp",
        ],
        volumes = [_DATA],
    ),
    "relay": struct(
        about = "L4 gateway: TCP",
        arguments = [],
        config = None,
        ports = [],
        volumes = [],
    ),
}

# Edge and relay do not compile for these yet. Once they do:
# {"windows_amd64": "windows/amd64", "windows_arm64": "windows/arm64"}
WINDOWS = {}

_LINUX = [
    "gateway.service",
    "gateway.socket",
    "gateway-configsync.service",
    "gateway-edge.service",
    "gateway-healthagg.service",
    "gateway-relay.service",
    "postinst.sh",
    "postrm.sh",
    "prerm.sh",
    "sysusers.conf",
]

# What is built when nothing is said of platforms.
HERE = {
    "@rules_go//go/platform:darwin_amd64": "darwin/amd64",
    "@rules_go//go/platform:darwin_arm64": "darwin/arm64",
    "@rules_go//go/platform:linux_amd64": "linux/amd64",
    "@rules_go//go/platform:linux_arm64": "linux/arm64",
}

_FINAL = {"//release:final": True, "//conditions:default": False}
_GOLANG = {
    "//release:final": ["@release_sdk//:LICENSE", "@release_sdk//:PATENTS"],
    "//conditions:default": ["@release_modules//:go/LICENSE", "@release_modules//:go/PATENTS"],
}
_ZONES = {
    "//release:final": "@release_sdk//:lib/time/zoneinfo.zip",
    "//conditions:default": "@release_modules//:go/lib/time/zoneinfo.zip",
}

def release(name, platforms, cross, images, formula = False, tags = []):
    """Declares the targets of a release.

    Args:
      name: the target that has all files.
      platforms: os/arch and a name for each, by which targets are named; {"linux_amd64": "linux/amd64"}.
      cross: whether to build for these platforms, or for the one that everything is built for.
      images: the platforms that images are for, as platforms has them.
      formula: whether there is one for Homebrew, which needs the archives of four platforms.
      tags: of all targets.
    """
    version = release_version()
    files = []
    for target, platform in platforms.items():
        binaries = "{}_{}_binaries".format(name, target)
        release_binaries(
            name = binaries,
            binaries = ["//services/" + s for s in SERVICES],
            cross = cross,
            here = select(HERE),
            platform = platform,
            tags = tags,
        )
        archive = "{}_{}_archive".format(name, target)
        release_archive(
            name = archive,
            binaries = binaries,
            files = {
                "//:CHANGELOG.md": "CHANGELOG.md",
                "//:LICENSE": "LICENSE",
                "//openspec:gateway.schema.json": "gateway.schema.json",
            },
            golang = select(_GOLANG),
            tags = tags,
            trees = [":pages"],
            version = version,
        )
        sbom = "{}_{}_sbom".format(name, target)
        release_sbom(
            name = sbom,
            binaries = binaries,
            tags = tags,
            version = version,
        )
        files += [archive, sbom]
        for kind in ["deb", "rpm"]:
            package = "{}_{}_{}".format(name, target, kind)
            release_package(
                name = package,
                archive = archive,
                binaries = binaries,
                files = ["//release/linux:" + f for f in _LINUX],
                kind = kind,
                tags = tags,
                version = version,
            )
            files.append(package)
    for program, image in _IMAGES.items():
        target = "{}_{}_image".format(name, program)
        release_image(
            name = target,
            about = image.about,
            all_programs = program == "gateway",
            arguments = image.arguments,
            binaries = ["{}_{}_binaries".format(name, p) for p in images],
            files = {
                "//:LICENSE": "usr/share/doc/gateway/LICENSE",
            } | ({image.config: "etc/gateway/gateway.yaml"} if image.config else {}),
            final = select(_FINAL),
            ports = image.ports,
            program = program,
            tags = tags,
            version = version,
            volumes = image.volumes,
            zones = select(_ZONES),
        )
        files.append(target)
    native.filegroup(
        name = name + "_images",
        srcs = ["{}_{}_image".format(name, program) for program in _IMAGES],
        tags = tags,
    )

    # The formula and the provenance name the sums of the others, and are in the sums that are published.
    release_sums(
        name = name + "_built",
        srcs = files,
        tags = tags,
    )
    release_of_sums(
        name = name + "_provenance",
        final = select(_FINAL),
        out = "gateway_{}.intoto.json".format(version),
        sums = name + "_built",
        tags = tags,
        verb = "provenance",
        version = version,
    )
    files.append(name + "_provenance")
    if formula:
        release_of_sums(
            name = name + "_formula",
            out = "gateway.rb",
            sums = name + "_built",
            tags = tags,
            verb = "formula",
            version = version,
        )
        files.append(name + "_formula")
    release_sums(
        name = name,
        srcs = files,
        tags = tags,
        visibility = ["//release:__subpackages__"],
    )
