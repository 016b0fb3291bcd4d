package l4

import (
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
)

func TestCarryingAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("under the race detector buffers are made anew")
	}
	r := start(t, build(t, document(serve(t, echo))))
	c := r.dial(t)
	message := make([]byte, 100)
	turn := func() {
		if _, err := c.Write(message); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(c, message); err != nil {
			t.Fatal(err)
		}
	}
	for range 100 {
		turn()
	}
	// The timekeeping of the engine may take its share meanwhile.
	if n := testing.AllocsPerRun(2000, turn); n >= 1 {
		t.Errorf("%v allocations per round trip", n)
	}
}

func echo(c *net.TCPConn) {
	buf := make([]byte, 64<<10)
	for {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		if _, err := c.Write(buf[:n]); err != nil {
			return
		}
	}
}

func benchmarked(b *testing.B, endpoint string) *relay {
	b.Helper()
	d := document(endpoint)
	d.Clusters[0].Limits.MaxConnections = 10_000
	return start(b, build(b, d))
}

// The round trips of b.N messages on 64 connections at once.
func BenchmarkRoundTrip(b *testing.B) {
	for _, size := range []int{100, 4 << 10, 64 << 10} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			r := benchmarked(b, serve(b, echo))
			const conns = 64
			var wg sync.WaitGroup
			cs := make([]*net.TCPConn, conns)
			for i := range cs {
				cs[i] = r.dial(b)
			}
			b.SetBytes(int64(size))
			b.ReportAllocs()
			b.ResetTimer()
			for i, c := range cs {
				wg.Go(func() {
					message := make([]byte, size)
					for n := i; n < b.N; n += conns {
						if _, err := c.Write(message); err != nil {
							b.Error(err)
							return
						}
						if _, err := io.ReadFull(c, message); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
		})
	}
}

func BenchmarkBulk(b *testing.B) {
	const size = 64 << 20
	r := benchmarked(b, serve(b, func(c *net.TCPConn) {
		block := make([]byte, 256<<10)
		for range size / len(block) {
			if _, err := c.Write(block); err != nil {
				return
			}
		}
	}))
	block := make([]byte, 256<<10)
	b.SetBytes(size)
	for b.Loop() {
		c := r.dial(b)
		for {
			if _, err := c.Read(block); err != nil {
				break
			}
		}
		c.Close()
	}
}

func BenchmarkSetUp(b *testing.B) {
	r := benchmarked(b, serve(b, echo))
	message := make([]byte, 100)
	b.ReportAllocs()
	for b.Loop() {
		c := r.dial(b)
		if _, err := c.Write(message); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(c, message); err != nil {
			b.Fatal(err)
		}
		reset(c)
	}
}
