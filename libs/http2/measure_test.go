package http2_test

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// heap is how much memory is in use, stacks included.
func heap() int64 {
	runtime.GC()
	runtime.GC() // what pools kept goes with the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}

// wireCount is how many bytes a connection has taken from its wire and put into it.
type wireCount struct{ read, written int64 }

// countedWire counts them.
type countedWire struct {
	*netx.Sock
	read, written atomic.Int64
}

func (w *countedWire) Read(p []byte) (int, error) {
	n, err := w.Sock.Read(p)
	w.read.Add(int64(n))
	return n, err
}

func (w *countedWire) Write(p []byte) (int, error) {
	n, err := w.Sock.Write(p)
	w.written.Add(int64(n))
	return n, err
}

// settle waits until the number of connections is n and the process does nothing.
func settle(t *testing.T, s *server, n int) {
	t.Helper()
	last, calm := cpu(), 0
	testkit.Eventually(t, "the server settles", func() bool {
		now := cpu()
		if now-last < time.Millisecond {
			calm++
		} else {
			calm = 0
		}
		last = now
		return s.watch.Conns() == n && calm > 10
	})
}
