// Package packages writes packages for Linux distributions: .deb as deb(5) has it, .rpm by rpmpack.
// Equal files make an equal package, byte for byte.
package packages
