package checks

import (
	"testing"

	"github.com/gatewayhomebrew/gateway/tools/internal/buildfile"
)

func TestBuildFilesAreFormatted(t *testing.T) {
	t.Parallel()
	files := 0
	eachFile(t, func(file string, content []byte) {
		if !buildfile.Is(file) {
			return
		}
		files++
		for _, problem := range buildfile.Check(file, content) {
			t.Errorf("%s (most are mended by: tools/bazel run //tools/format)", problem)
		}
	})
	if files == 0 {
		t.Error("found no BUILD file: not the source tree")
	}
}
