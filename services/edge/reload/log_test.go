//go:build unix

package reload_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// lines is how many lines a file has.
func lines(file string) int {
	b, err := os.ReadFile(file)
	if err != nil {
		return -1
	}
	return strings.Count(string(b), "\n")
}

func TestTheAccessLogGoesWhereAReloadSays(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, edgetest.Echoing)
	dir := t.TempDir()
	one, two, three := filepath.Join(dir, "one.log"), filepath.Join(dir, "two.log"),
		filepath.Join(dir, "three.log")
	logging := func(mark, settings string) string {
		return listening(up.Addr(), mark, "public", anyPort) + "access_log: {" + settings + "}\n"
	}
	e := edgetest.StartReloadable(t, logging("1", "output: "+one))
	c := testkit.Dial(t, e.Addr("public"))
	// Each line must be somewhere, and only once; an output is used after the flush of what was
	// logged before.
	sent := 0
	send := func(n int) {
		for range n {
			c.Exchange(t, "GET", fmt.Sprintf("GET /%d HTTP/1.1\r\nHost: a.test\r\n\r\n", sent))
			sent++
		}
	}
	all := func() (n int) {
		for _, file := range []string{one, two, two + ".1", three} {
			n += max(lines(file), 0)
		}
		return n + strings.Count(e.Stdout(), "\n")
	}
	goesTo := func(what string, count func() int) {
		t.Helper()
		before := count()
		testkit.Eventually(t, what, func() bool {
			send(1)
			return count() > before
		})
		testkit.Eventually(t, "every line is somewhere", func() bool { return all() == sent })
		before = count()
		send(10)
		testkit.Eventually(t, what+", all of it", func() bool {
			return count() == before+10 && all() == sent
		})
	}
	into := func(file string) func() int { return func() int { return lines(file) } }

	goesTo("the first file has the log", into(one))
	e.Change(t, logging("2", "output: "+two))
	goesTo("the second file has the log", into(two))

	// A rotation: the file is moved away. The edge sees that by itself, and the signal asks for it,
	// too.
	edgetest.Must(t, os.Rename(two, two+".1"))
	goesTo("a new file has the log", into(two))
	edgetest.Must(t, e.Signal(syscall.SIGUSR1))
	testkit.Eventually(t, "the log says so", func() bool {
		return strings.Contains(e.Stderr(), "was reopened")
	})
	goesTo("the file goes on", into(two))

	// An output that cannot be opened: refused, and nothing is lost.
	e.Replace(t, logging("3", "output: "+filepath.Join(dir, "missing", "log")))
	if status, r := e.Post(t, "/reload"); status != 422 || r.Result != admin.Refused ||
		!strings.Contains(fmt.Sprint(r.Problems), "missing") {
		t.Errorf("%d %+v", status, r)
	}
	goesTo("the log goes on", into(two))

	e.Change(t, logging("4", "output: stdout"))
	goesTo("stdout has the log", func() int { return strings.Count(e.Stdout(), "\n") })

	e.Change(t, logging("5", "output: off"))
	written := sent
	send(10)
	e.Change(t, logging("6", "output: "+three+", sample: 0, errors: never"))
	send(10)
	e.Change(t, logging("7", "output: "+three))
	sent = written // the others are to be nowhere
	goesTo("the third file has the log", into(three))
	if got := e.Status(t).AccessLog; got.Output != three || got.Dropped != 0 {
		t.Errorf("/status: %+v", got)
	}
}
