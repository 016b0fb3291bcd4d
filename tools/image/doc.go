// Command image makes container images and pushes them, without a container engine.
//
//	image build --out FILE …   an archive of an OCI layout, with an image for each platform
//	image push --repo REPO …   the images of archives, to a registry
//
// Bazel's rule in release/image.bzl calls the first; `tools/bazel run //release:push` is the
// second.
package main
