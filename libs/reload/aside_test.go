package reload

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestWorkAsideLeavesNothingBehind(t *testing.T) {
	n := runtime.GOMAXPROCS(0)
	during, slow := 0, 0
	new(beside).do(func() {
		during = runtime.GOMAXPROCS(0)
		slow = len(slowThreads(t))
	})
	if during != n+1 || runtime.GOMAXPROCS(0) != n {
		t.Errorf("%d processors, %d meanwhile, %d afterwards", n, during, runtime.GOMAXPROCS(0))
	}
	if runtime.GOOS != "linux" {
		return
	}
	if slow != 1 {
		t.Errorf("%d threads had a lower priority, want one", slow)
	}
	// A thread ends a moment after its goroutine.
	testkit.Eventually(t, "no thread with a lower priority", func() bool {
		return len(slowThreads(t)) == 0
	})
}

// slowThreads are those of this process with a lower priority than its first.
func slowThreads(t *testing.T) (slow []string) {
	t.Helper()
	files, err := filepath.Glob("/proc/self/task/*/stat")
	if err != nil {
		t.Fatal(err)
	}
	nice := func(file string) string {
		text, err := os.ReadFile(file)
		if err != nil {
			return "" // has ended
		}
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		return fields[16] // field 19, counted from the name's end
	}
	usual := nice("/proc/self/stat")
	for _, f := range files {
		if n := nice(f); n != "" && n != usual {
			slow = append(slow, f)
		}
	}
	return slow
}
