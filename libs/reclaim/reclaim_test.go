//go:build unix

package reclaim

import (
	"context"
	"runtime"
	"testing"
	"time"
)

// What a burst has left is given back: the heap, and what its pools hold.
func TestWhatIsFreeIsGivenBack(t *testing.T) {
	const size = 64 << 20
	p := make([]byte, size)
	for i := 0; i < size; i += 4096 {
		p[i] = 1
	}
	before := see()
	runtime.KeepAlive(p)
	give()
	after := see()
	if got := before.mapped - after.mapped; got < size*9/10 {
		t.Errorf("of %d bytes that are free %d were given back", size, got)
	}
	if after.cpu <= 0 {
		t.Error("the process has used no processor")
	}
}

func TestRunEnds(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := Run(ctx); err != nil {
		t.Error(err)
	}
}
