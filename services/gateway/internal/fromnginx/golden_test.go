package fromnginx_test

import (
	"path/filepath"
	"testing"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft/drafttest"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/fromnginx"
)

var update = drafttest.Update()

func TestFilesBecomeWhatTheyMean(t *testing.T) {
	files, err := filepath.Glob("testdata/*.conf")
	if err != nil {
		t.Fatal(err)
	}
	drafttest.Goldens(t, append(files, "testdata/layered/nginx.conf"), update, fromnginx.Import)
}
