package artefacts

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// bill is what a reader of CycloneDX sees.
type bill struct {
	Components []struct {
		Ref      string `json:"bom-ref"`
		Type     string
		Name     string
		Version  string
		PURL     string
		Hashes   []struct{ Alg, Content string }
		Licenses []struct {
			License    struct{ ID string }
			Expression string
		}
	}
	Dependencies []struct {
		Ref       string
		DependsOn []string
	}
}

// schema compiles the schema of CycloneDX 1.6. It refers to others that lie beside it.
func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	for path := range strings.FieldsSeq(os.Getenv("RELEASE_SCHEMAS")) {
		content, err := os.ReadFile(
			filepath.Join(os.Getenv("TEST_SRCDIR"), filepath.FromSlash(path)))
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(path), "x.json") // jsf-0.82.schemax.json
		url := "http://cyclonedx.org/schema/" + strings.TrimSuffix(name, ".json") + ".json"
		if err := compiler.AddResource(url, doc); err != nil {
			t.Fatal(err)
		}
	}
	compiled, err := compiler.Compile("http://cyclonedx.org/schema/bom-1.6.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

var purl = regexp.MustCompile(`^pkg:golang/[a-z0-9._~/-]+@[A-Za-z0-9._%-]+(#services/[a-z]+)?$`)

func TestBillsSayWhatIsInTheBinaries(t *testing.T) {
	t.Parallel()
	r := built(t)
	compiled := schema(t)
	for _, platform := range r.platforms {
		text, err := os.ReadFile(r.files[r.name(platform)+".cdx.json"])
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := compiled.Validate(doc); err != nil {
			t.Errorf("%s: %v", platform, err)
		}
		var b bill
		if err := json.Unmarshal(text, &b); err != nil {
			t.Fatal(err)
		}
		checkBill(t, r, platform, b)
	}
}

func checkBill(t *testing.T, r release, platform string, b bill) {
	t.Helper()
	files := r.open(t, r.archive(platform))
	notices := string(files[r.name(platform)+"/NOTICES.txt"].Body)
	binaries, libraries := 0, 0
	for _, c := range b.Components {
		if !purl.MatchString(c.PURL) {
			t.Errorf("%s: %s has the package URL %q", platform, c.Name, c.PURL)
		}
		if len(c.Licenses) == 0 {
			t.Errorf("%s: %s has no licence", platform, c.Name)
		}
		if len(c.Hashes) != 1 && c.Name != "std" {
			t.Errorf("%s: %s has %d hashes", platform, c.Name, len(c.Hashes))
			continue
		}
		if c.Type == "application" {
			binaries++
			name := r.name(platform) + "/" + c.Name
			if strings.HasPrefix(platform, "windows/") {
				name += ".exe"
			}
			sum := fmt.Sprintf("%x", sha256.Sum256(files[name].Body))
			if said := c.Hashes[0].Content; said != sum {
				t.Errorf("%s: %s has the SHA-256 %s, and is said to have %s", platform, c.Name,
					sum, said)
			}
			continue
		}
		libraries++
		if c.Name != "std" && !strings.Contains(notices, "\n"+c.Name+" "+c.Version+" (") {
			t.Errorf("%s: the notices have no licence of %s %s", platform, c.Name, c.Version)
		}
	}
	if binaries != len(services) || libraries < 20 {
		t.Errorf("%s: %d binaries and %d modules", platform, binaries, libraries)
	}
	// Two binaries have different modules: a list of the whole repository would be no bill.
	uses := map[string]string{}
	for _, d := range b.Dependencies {
		uses[d.Ref[strings.LastIndex(d.Ref, "/")+1:]] = strings.Join(d.DependsOn, "\n")
	}
	const cobra, etcd = "github.com/spf13/cobra@", "go.etcd.io/etcd/client/v3@"
	if !strings.Contains(uses["gateway"], cobra) || strings.Contains(uses["edge"], cobra) ||
		!strings.Contains(uses["configsync"], etcd) || strings.Contains(uses["edge"], etcd) {
		t.Errorf("%s: the edge has\n%s\nand the gateway\n%s", platform, uses["edge"],
			uses["gateway"])
	}
}
