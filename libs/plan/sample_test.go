package plan_test

import (
	"encoding/json"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/config/sample"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// documents is how many are tried; by hand: go test ./libs/plan -run Validates -documents 100000.
var documents = flag.Int("documents", 2000, "how many random documents are tried")

// What validation lets through can be built. An error of Build is told to a person who did nothing
// wrong that he could have known, so there must be none.
func TestWhatValidatesCanBeBuilt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	authority := testkit.NewAuthority(t)
	authority.Leaf(t, nil, "a.test").Write(t, dir, "a")
	authority.Leaf(t, nil, "*.b.test").Write(t, dir, "b")
	for name, data := range map[string][]byte{
		"ca.pem": authority.PEM, "text.pem": []byte("no certificate\n"), "empty.pem": nil,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	names := sample.Files{
		Certificates: []string{"a.pem", "b.pem"}, Keys: []string{"a.key", "b.key"},
		Authorities: []string{"ca.pem"},
		Others:      []string{"text.pem", "empty.pem", "none.pem", "a.key", "a.pem", "."},
	}
	file, valid, codes := filepath.Join(dir, "gateway.json"), 0, map[string]int{}
	for n := range *documents {
		text := sample.Document(rand.New(rand.NewPCG(uint64(n), 14)), names)
		if n%100 == 0 && !json.Valid([]byte(text)) {
			t.Fatalf("document %d is no JSON: %s", n, text)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := config.Load(file)
		if err != nil {
			for _, p := range err.(config.Problems) {
				codes[p.Code]++
			}
			continue
		}
		valid++
		if _, err := plan.Build(d); err != nil {
			t.Errorf("document %d validates, and: %v\n%s", n, err, text)
		}
	}
	t.Logf("%d of %d are valid; what is wrong with the others: %v", valid, *documents, codes)
	if valid < *documents/10 || len(codes) < 8 {
		t.Errorf("%d of %d are valid, with %d kinds of mistakes in the others: that proves little",
			valid, *documents, len(codes))
	}
}
