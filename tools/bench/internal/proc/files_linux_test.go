package proc

import (
	"strconv"
	"strings"
	"testing"
)

// What is started afterwards may open as many files as is said.
func TestChildrenMayOpenAsManyFiles(t *testing.T) {
	n, err := Files(64)
	if err != nil || n < 64 {
		t.Fatalf("%d files, %v", n, err)
	}
	out, _, err := Output(t.Context(), 0, []string{"/bin/sh", "-c", "ulimit -n"})
	if got, _ := strconv.ParseUint(strings.TrimSpace(out), 10, 64); err != nil || got != n {
		t.Errorf("a child may open %q, want %d (%v)", out, n, err)
	}
	// More than anybody may: what there is, is said.
	if most, err := Files(1 << 40); err != nil || most < n {
		t.Errorf("%d files, %v; %d before", most, err, n)
	}
}
