package configkeys

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/tools/internal/tree"
)

const module = "github.com/gatewayhomebrew/gateway"

func TestEveryKeyThatIsAcceptedIsRead(t *testing.T) {
	t.Parallel()
	// Keys that libs/config itself acts on, with how.
	const read = "validation reads the OpenAPI document, which the plan takes from it"
	const laid = "it is laid under each of its kind before they are decoded"
	actedOnAtHome := map[string]string{"version": "validation refuses a document of another " +
		"version", "defaults": laid, "defaults.listener": laid, "defaults.cluster": laid,
		"defaults.route":             laid,
		"routes[].openapi.base_path": read, "routes[].openapi.copies": read,
		"routes[].openapi.copies[].folder": read, "routes[].openapi.copies[].url": read}
	root, err := tree.Root()
	if err != nil {
		t.Fatal(err)
	}
	source := Tree{Module: module, Files: make(map[string]string)}
	if err := tree.Walk(root, func(file string) error {
		if !strings.HasSuffix(file, ".go") {
			return nil
		}
		text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(file)))
		source.Files[file] = string(text)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	unread, keys, err := Unread(source)
	if err != nil {
		t.Fatal(err)
	}
	// A check that looks at nothing passes for ever.
	if keys < 100 {
		t.Fatalf("found only %d keys below %s", keys, root)
	}
	for _, k := range unread {
		if actedOnAtHome[k.Path] != "" {
			delete(actedOnAtHome, k.Path)
			continue
		}
		t.Errorf("%s (config.%s): Rule: a key that is accepted is acted on, because whoever "+
			"writes it relies on it. Nothing in "+
			"libs/ and services/ reads this one. Read it where it takes effect",
			k.Path, k.Field)
	}
	for path := range actedOnAtHome {
		t.Errorf("%s is read, so it need not be listed in this test", path)
	}
}
