package checks

import (
	"bytes"
	"go/format"
	"strings"
	"testing"
)

func TestGoFilesAreFormatted(t *testing.T) {
	t.Parallel()
	files := 0
	eachFile(t, func(path string, content []byte) {
		if !strings.HasSuffix(path, ".go") {
			return
		}
		files++
		formatted, err := format.Source(content)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			return
		}
		if !bytes.Equal(formatted, content) {
			t.Errorf("%s is not formatted: tools/bazel run //tools/format, or gofmt -w %s", path,
				path)
		}
	})
	if files == 0 {
		t.Error("found no Go file: not the source tree")
	}
}
