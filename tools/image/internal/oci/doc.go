// Package oci makes container images without a container engine: layers from files, a manifest for
// each platform, an index over them, and a folder of all that in the layout of the OCI image
// specification (image-layout.md, v1.1). Equal files make an equal image, byte for byte. What
// images and indexes look like, and how registries are spoken to, is go-containerregistry's
// business.
package oci
