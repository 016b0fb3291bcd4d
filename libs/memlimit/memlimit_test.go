package memlimit

import (
	"runtime"
	"testing"
)

func TestMemoryIsShortUntilThereIsEnoughAgain(t *testing.T) {
	w := New(1000)
	used := int64(0)
	w.measure = func() int64 { return used }
	for _, step := range []struct {
		used  int64
		short bool
	}{
		{0, false}, {940, false}, {951, true}, {920, true}, {899, false}, {940, false},
		{2000, true},
	} {
		used = step.used
		if w.look() != step.short || w.Short().Load() != step.short {
			t.Errorf("with %d of 1000: %v", step.used, !step.short)
		}
	}
	if _, _, n := w.Usage(); n != 2 {
		t.Errorf("it was short %d times", n)
	}
}

// What waits to be collected does not count, what is in use does.
func TestOnlyWhatIsInUseCounts(t *testing.T) {
	measure := reader()
	runtime.GC()
	before := measure()
	for range 64 {
		_ = make([]byte, 1<<20)
	}
	if n := measure() - before; n > 32<<20 {
		t.Errorf("garbage counts: %d MB", n>>20)
	}
	kept := make([]byte, 64<<20)
	kept[1] = 1
	runtime.GC()
	if n := measure() - before; n < 60<<20 || n > 80<<20 {
		t.Errorf("64 MB in use count as %d MB", n>>20)
	}
	runtime.KeepAlive(kept)
}
