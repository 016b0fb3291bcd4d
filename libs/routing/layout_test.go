package routing

import (
	"testing"
	"unsafe"
)

func TestScopesAndLeavesFillOneCacheLine(t *testing.T) {
	if s, l := unsafe.Sizeof(scope{}), unsafe.Sizeof(leaf{}); s != 64 || l != 64 {
		t.Errorf("a scope has %d bytes and a leaf %d, want 64", s, l)
	}
}
