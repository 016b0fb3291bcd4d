package fromcaddy_test

import (
	"path/filepath"
	"testing"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft/drafttest"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/fromcaddy"
)

var update = drafttest.Update()

func TestFilesBecomeWhatTheyMean(t *testing.T) {
	files, err := filepath.Glob("testdata/*.caddyfile")
	if err != nil {
		t.Fatal(err)
	}
	drafttest.Goldens(t, files, update, fromcaddy.Import)
}
