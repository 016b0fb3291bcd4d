//go:build unix

package websocket_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

const (
	// sockets is how many are open at once, and memory what the edge may need for them.
	sockets = 10_000
	memory  = 300_000_000
	// spare is the descriptors that a process has open beside its sockets.
	spare = 500
	// openers is how many sockets are being opened at a time.
	openers = 32
)

// A client holds some open sockets on a connection, and uses all of them once in a round.
type client interface {
	round() error
	close()
}

func TestManyOpenWebSockets(t *testing.T) {
	authority := testkit.NewAuthority(t)
	for _, c := range []struct {
		name  string
		open  func(addr string) (client, error)
		holds int // sockets on a connection of the client
	}{
		{"over HTTP-1.1", openOne, 1},
		{"over HTTP-2", openHundred, hundred},
	} {
		t.Run(c.name, func(t *testing.T) {
			// The edge has a descriptor for each connection of a client, of which it takes as many
			// as half of its limit, and one for each to the endpoint. So does this process, which
			// is both of them.
			count := sockets
			if limit := raiseFileLimit(t); c.holds == 1 {
				count = min(count, (limit-spare)/2)
			} else {
				count = min(count, limit-limit/4)
			}
			count -= count % c.holds
			if count < sockets/5 {
				t.Skipf("the limit of open files allows %d sockets", count)
			}
			f := testkit.StartFront(t, authority, testkit.Cluster{
				Address: serveEcho(t),
				More: fmt.Sprintf(", limits: {max_connections: %d, max_pending: %d}", 2*sockets,
					sockets),
				Listener: fmt.Sprintf(", limits: {max_connections: %d}", 2*sockets),
			})
			before, err := f.RSS()
			if err != nil {
				t.Skipf("no resident memory to read: %v", err)
			}
			all := openAll(t, count/c.holds, func() (client, error) {
				return c.open(f.Addr("plain"))
			})
			if n := f.Metrics(t)[`gateway_active_requests{route="all"}`]; int(n) != count {
				t.Errorf("%v are open at the edge, want %d", n, count)
			}
			opened, err := f.RSS()
			if err != nil {
				t.Fatal(err)
			}
			if err := inParallel(len(all), func(n int) error {
				return all[n].round()
			}); err != nil {
				t.Fatal(err)
			}
			used, err := f.RSS()
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d open sockets: %d MiB, %d MiB after a message on each; %.1f KiB for each",
				count, opened>>20, used>>20, float64(used-before)/float64(count)/1024)
			if bound := int64(memory) / sockets * int64(count); max(opened, used) > bound {
				t.Errorf("%d open sockets need %d MiB, want at most %d", count,
					max(opened, used)>>20, bound>>20)
			}
			for _, c := range all {
				c.close()
			}
			testkit.Within(t, time.Minute, "none is left", func() bool {
				return f.Metrics(t)[`gateway_active_requests{route="all"}`] == 0
			})
		})
	}
}

// openAll opens n connections; the end of the test closes them.
func openAll(t *testing.T, n int, open func() (client, error)) []client {
	t.Helper()
	all := make([]client, n)
	t.Cleanup(func() {
		for _, c := range all {
			if c != nil {
				c.close()
			}
		}
	})
	if err := inParallel(n, func(i int) (err error) {
		all[i], err = open()
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// inParallel does n things, a few at a time, and returns the first error.
func inParallel(n int, do func(int) error) error {
	var next, failed atomic.Int64
	var first error
	var once sync.Once
	var wg sync.WaitGroup
	for range openers {
		wg.Go(func() {
			for failed.Load() == 0 {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if err := do(i); err != nil {
					failed.Store(1)
					once.Do(func() { first = fmt.Errorf("connection %d of %d: %w", i, n, err) })
				}
			}
		})
	}
	wg.Wait()
	return first
}

// raiseFileLimit raises the limit of open files of this process, and of those it starts, as far as
// it goes.
func raiseFileLimit(t *testing.T) int {
	t.Helper()
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		t.Skip(err)
	}
	l.Cur = l.Max
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		t.Skip(err)
	}
	return int(min(l.Max, 1<<20))
}
