package reload

import (
	"os"
	"runtime"
)

// aside runs f beside requests so that they hardly notice. A reload of a large
// configuration computes for a tenth of a second; on a machine with one processor
// nothing else would run, for the scheduler asks the poller only when no goroutine
// can run. So f gets a thread of its own at a lower priority, which the kernel puts
// off as soon as a request is there, and a processor more for as long, so that
// requests lose none. Goroutines that f starts do not get either.
func aside(f func()) {
	defer oneProcessorMore()()
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

// oneProcessorMore lets Go use one more and returns what takes that back.
func oneProcessorMore() func() {
	n := runtime.GOMAXPROCS(0)
	runtime.GOMAXPROCS(n + 1)
	return func() {
		if os.Getenv("GOMAXPROCS") != "" {
			runtime.GOMAXPROCS(n)
			return
		}
		runtime.SetDefaultGOMAXPROCS() // and let it follow the container's limit again
	}
}
