package exchange

import (
	"testing"
	"unsafe"
)

// Each open tunnel has an Exchange, and the allocator rounds its size up: to 3,456 bytes, or 4,096
// where it has one more. What few requests need belongs behind a pointer.
func TestAnExchangeIsNoLargerThanItWas(t *testing.T) {
	if n := unsafe.Sizeof(Exchange{}); n > 3456 {
		t.Errorf("an Exchange has %d bytes", n)
	}
}
