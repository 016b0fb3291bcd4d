package reload

import (
	"os"
	"runtime"
	"sync"
)

// beside runs work beside requests. The zero value is ready.
type beside struct {
	mu    sync.Mutex
	works int // guarded by mu; how many run
	was   int // guarded by mu; the processors without the one more
}

// do runs f beside requests so that they hardly notice. A reload of a large
// configuration computes for a tenth of a second; on a machine with one processor
// nothing else would run, for the scheduler asks the poller only when no goroutine
// can run. So f gets a thread of its own at a lower priority, which the kernel puts
// off as soon as a request is there, and a processor more for as long, so that
// requests lose none. Goroutines that f starts do not get either.
func (b *beside) do(f func()) {
	b.begin()
	defer b.end()
	onSlowThread(f)
}

func onSlowThread(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		// which never ends, and whose priority is what ps shows: hold it, so that another is taken
		if mainThread() {
			defer runtime.UnlockOSThread()
			onSlowThread(f)
			return
		}
		lowerPriority() // for good: the thread is not unlocked, so it ends with this goroutine
		f()
	}()
	<-done
}

// begin lets Go use one processor more.
func (b *beside) begin() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.works++; b.works == 1 {
		b.was = runtime.GOMAXPROCS(0)
		runtime.GOMAXPROCS(b.was + 1)
	}
}

// end takes that back after the last work.
func (b *beside) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.works--; b.works > 0 {
		return
	}
	if os.Getenv("GOMAXPROCS") != "" {
		runtime.GOMAXPROCS(b.was)
		return
	}
	runtime.SetDefaultGOMAXPROCS() // and let it follow the container's limit again
}
