package fromtraefik_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft/drafttest"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/fromtraefik"
)

var update = drafttest.Update()

// one imports one file.
func one(file string, d *draft.Draft) error { return fromtraefik.Import([]string{file}, d) }

func TestFilesBecomeWhatTheyMean(t *testing.T) {
	files, err := filepath.Glob("testdata/*.*ml")
	if err != nil {
		t.Fatal(err)
	}
	files = slices.DeleteFunc(files, func(f string) bool {
		return strings.HasSuffix(f, ".golden.yaml")
	})
	drafttest.Goldens(t, files, update, one)
}
