package provenance_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/checksums"
	"github.com/gatewayhomebrew/gateway/release/internal/provenance"
)

func TestAStatementNamesFilesCommitAndCommand(t *testing.T) {
	t.Parallel()
	r := provenance.Release{
		Version: "0.6.0", Commit: "0123", Go: "go1.26.8",
		Files: []checksums.Sum{{Hex: "ab", Name: "a"}, {Hex: "cd", Name: "b"}},
	}
	var b, again bytes.Buffer
	if err := provenance.Write(&b, r); err != nil {
		t.Fatal(err)
	}
	if err := provenance.Write(&again, r); err != nil || !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Errorf("two statements differ, %v", err)
	}
	var s struct {
		Type          string `json:"_type"`
		PredicateType string
		Subject       []struct {
			Name   string
			Digest struct{ SHA256 string }
		}
		Predicate struct {
			BuildDefinition struct {
				BuildType            string
				ExternalParameters   map[string]string
				ResolvedDependencies []struct {
					URI    string
					Digest struct{ GitCommit string }
				}
			}
			RunDetails struct{ Builder struct{ ID string } }
		}
	}
	if err := json.Unmarshal(b.Bytes(), &s); err != nil {
		t.Fatal(err)
	}
	d := s.Predicate.BuildDefinition
	switch {
	case s.Type != provenance.StatementType, s.PredicateType != provenance.PredicateType:
		t.Errorf("it is a %s of %s", s.Type, s.PredicateType)
	case len(s.Subject) != 2 || s.Subject[1].Name != "b" || s.Subject[1].Digest.SHA256 != "cd":
		t.Errorf("subjects %+v", s.Subject)
	case d.ResolvedDependencies[0].Digest.GitCommit != "0123",
		d.ResolvedDependencies[1].URI != "pkg:golang/std@1.26.8":
		t.Errorf("dependencies %+v", d.ResolvedDependencies)
	case d.ExternalParameters["command"] == "", d.BuildType == "",
		s.Predicate.RunDetails.Builder.ID == "":
		t.Errorf("%+v", s.Predicate)
	}
}
