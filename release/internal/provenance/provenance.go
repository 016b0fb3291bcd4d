package provenance

import (
	"encoding/json"
	"io"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/checksums"
)

// Types of what is written (https://in-toto.io/Statement/v1, https://slsa.dev/provenance/v1).
const (
	StatementType = "https://in-toto.io/Statement/v1"
	PredicateType = "https://slsa.dev/provenance/v1"
	source        = "git+https://github.com/gatewayhomebrew/gateway"
	build         = "https://github.com/gatewayhomebrew/gateway/blob/main/release/README.md"
)

// A Release is what was built from what.
type Release struct {
	Version string
	Commit  string
	Go      string // the version of the SDK, such as go1.26.8
	Files   []checksums.Sum
}

type statement struct {
	Type          string       `json:"_type"`
	Subject       []descriptor `json:"subject"`
	PredicateType string       `json:"predicateType"`
	Predicate     predicate    `json:"predicate"`
}

type descriptor struct {
	Name   string            `json:"name,omitempty"`
	URI    string            `json:"uri,omitempty"`
	Digest map[string]string `json:"digest,omitempty"`
}

type predicate struct {
	BuildDefinition struct {
		BuildType          string            `json:"buildType"`
		ExternalParameters map[string]string `json:"externalParameters"`
		Dependencies       []descriptor      `json:"resolvedDependencies"`
	} `json:"buildDefinition"`
	RunDetails struct {
		Builder struct {
			ID string `json:"id"`
		} `json:"builder"`
	} `json:"runDetails"`
}

// Write writes the statement as JSON.
func Write(w io.Writer, r Release) error {
	s := statement{Type: StatementType, PredicateType: PredicateType}
	for _, f := range r.Files {
		s.Subject = append(s.Subject, descriptor{
			Name: f.Name, Digest: map[string]string{"sha256": f.Hex},
		})
	}
	b := &s.Predicate.BuildDefinition
	b.BuildType = build
	b.ExternalParameters = map[string]string{
		"source": source + "@refs/tags/v" + r.Version, "target": "//release:all",
		"command": "tools/bazel build --config=release //release:all",
	}
	b.Dependencies = []descriptor{
		{
			URI:    source + "@refs/tags/v" + r.Version,
			Digest: map[string]string{"gitCommit": strings.TrimSuffix(r.Commit, "-dirty")},
		},
		{URI: "pkg:golang/std@" + strings.TrimPrefix(r.Go, "go")},
	}
	s.Predicate.RunDetails.Builder.ID = build
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(s)
}
