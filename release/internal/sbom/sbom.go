package sbom

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/CycloneDX/cyclonedx-go"

	"github.com/gatewayhomebrew/gateway/release/internal/modules"
)

// A Binary is one of the programs of a release.
type Binary struct {
	Name   string
	SHA256 string // in hex
	// Go is the version of Go that it is built with, such as go1.26.8.
	Go      string
	Modules []modules.Module
}

// A Release is what a bill is of: binaries of one version for one platform.
type Release struct {
	Version  string // without v
	Platform string // such as linux/amd64
	Binaries []Binary
}

// own is the project as a package URL names modules of Go.
const own = "pkg:golang/github.com/gatewayhomebrew/gateway"

// Write writes the bill as JSON. It has neither a time nor a random number: equal releases have
// equal bills.
func Write(w io.Writer, r Release) error {
	bom := cyclonedx.NewBOM()
	root := "gateway-" + r.Version + "-" + strings.ReplaceAll(r.Platform, "/", "-")
	bom.Metadata = &cyclonedx.Metadata{Component: &cyclonedx.Component{
		BOMRef: root, Type: cyclonedx.ComponentTypeApplication, Name: "gateway",
		Version: r.Version, PackageURL: own + "@v" + r.Version,
		Licenses: licences([]string{"Apache-2.0"}),
		Properties: &[]cyclonedx.Property{
			{Name: "gateway:platform", Value: r.Platform},
		},
	}}
	var components []cyclonedx.Component
	var dependencies []cyclonedx.Dependency
	var binaries []string
	seen := map[string]bool{}
	for _, b := range r.Binaries {
		ref := root + "/" + b.Name
		binaries = append(binaries, ref)
		components = append(components, cyclonedx.Component{
			BOMRef: ref, Type: cyclonedx.ComponentTypeApplication, Name: b.Name,
			Version: r.Version, PackageURL: own + "@v" + r.Version + "#services/" + b.Name,
			Hashes:   hashes(b.SHA256),
			Licenses: licences([]string{"Apache-2.0"}),
		})
		uses := []string{standard(b.Go).BOMRef}
		found := []cyclonedx.Component{standard(b.Go)}
		for _, m := range b.Modules {
			c, err := library(m)
			if err != nil {
				return err
			}
			found, uses = append(found, c), append(uses, c.BOMRef)
		}
		for _, c := range found {
			if !seen[c.BOMRef] {
				seen[c.BOMRef] = true
				components = append(components, c)
				dependencies = append(dependencies, cyclonedx.Dependency{Ref: c.BOMRef})
			}
		}
		dependencies = append(dependencies, cyclonedx.Dependency{Ref: ref, Dependencies: &uses})
	}
	dependencies = append(dependencies, cyclonedx.Dependency{Ref: root, Dependencies: &binaries})
	byRef := func(a, b cyclonedx.Dependency) int { return strings.Compare(a.Ref, b.Ref) }
	slices.SortFunc(dependencies, byRef)
	slices.SortFunc(components, func(a, b cyclonedx.Component) int {
		return strings.Compare(a.BOMRef, b.BOMRef)
	})
	bom.Components, bom.Dependencies = &components, &dependencies
	return cyclonedx.NewBOMEncoder(w, cyclonedx.BOMFileFormatJSON).SetPretty(true).
		EncodeVersion(bom, cyclonedx.SpecVersion1_6)
}

// standard is Go's standard library.
func standard(version string) cyclonedx.Component {
	version = strings.TrimPrefix(version, "go")
	purl := "pkg:golang/std@" + version
	return cyclonedx.Component{
		BOMRef: purl, Type: cyclonedx.ComponentTypeLibrary, Name: "std", Version: version,
		PackageURL: purl, Licenses: licences([]string{"BSD-3-Clause"}),
	}
}

func library(m modules.Module) (cyclonedx.Component, error) {
	hash, err := hashOf(m.Sum)
	if err != nil {
		return cyclonedx.Component{}, fmt.Errorf("%s@%s: %w", m.Path, m.Version, err)
	}
	purl := PURL(m.Path, m.Version)
	return cyclonedx.Component{
		BOMRef: purl, Type: cyclonedx.ComponentTypeLibrary, Name: m.Path, Version: m.Version,
		PackageURL: purl, Hashes: hashes(hash), Licenses: licences(m.Licences),
	}, nil
}

// PURL is the package URL of a module (purl-spec, type golang: small letters).
func PURL(path, version string) string {
	return "pkg:golang/" + strings.ToLower(path) + "@" + strings.ReplaceAll(version, "+", "%2B")
}

// hashOf turns a checksum of go.sum into hex. It is the SHA-256 of the list of the module's files
// with their own, which is how other tools for bills of Go modules have it too.
func hashOf(sum string) (string, error) {
	encoded, ok := strings.CutPrefix(sum, "h1:")
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if !ok || err != nil || len(raw) != sha256.Size {
		return "", fmt.Errorf("%q is no checksum of go.sum", sum)
	}
	return hex.EncodeToString(raw), nil
}

func hashes(sha256 string) *[]cyclonedx.Hash {
	return &[]cyclonedx.Hash{{Algorithm: cyclonedx.HashAlgoSHA256, Value: sha256}}
}

func licences(ids []string) *cyclonedx.Licenses {
	if len(ids) == 1 {
		return &cyclonedx.Licenses{{License: &cyclonedx.License{ID: ids[0]}}}
	}
	// All of the texts count.
	return &cyclonedx.Licenses{{Expression: strings.Join(ids, " AND ")}}
}
