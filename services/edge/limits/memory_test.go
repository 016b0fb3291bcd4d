package limits_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// flat is what bodies of any size may add to the memory of the process: buffers, not bodies.
const flat = 24 << 20

// peakDuring samples the edge's resident memory until stop is closed, and returns the most it saw.
func peakDuring(e *testkit.Process, stop <-chan struct{}) <-chan int64 {
	peak := make(chan int64, 1)
	go func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		var most int64
		for {
			if rss, err := e.RSS(); err == nil {
				most = max(most, rss)
			}
			select {
			case <-tick.C:
			case <-stop:
				peak <- most
				return
			}
		}
	}()
	return peak
}

func rss(t *testing.T, e *testkit.Process) int64 {
	t.Helper()
	n, err := e.RSS()
	if err != nil {
		t.Skipf("no resident memory to read: %v", err)
	}
	return n
}

// A client that reads slowly slows the upstream down; the difference is not kept in memory.
func TestBigAnswerToASlowReaderKeepsMemoryFlat(t *testing.T) {
	t.Parallel()
	const size = 256 << 20
	e, _ := edgetest.StartPatient(t, func(c *testkit.Conn) {
		if _, err := c.Request(); err != nil {
			return
		}
		_ = c.Send(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", size))
		block := edgetest.BodyOf(1 << 20)
		for range size >> 20 {
			if c.Send(block) != nil {
				return
			}
		}
	})
	before := rss(t, e)
	stop := make(chan struct{})
	peak := peakDuring(e, stop)
	c := testkit.Dial(t, e.Addr("public"))
	_ = c.SetReadBuffer(64 << 10)
	if err := c.Send(edgetest.Get); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Head(); err != nil {
		t.Fatal(err)
	}
	// Slow at first, so that a gateway that read ahead would have the time to; then the rest.
	buf := make([]byte, 256<<10)
	total := 0
	for total < size {
		n, err := c.Read(buf)
		total += n
		if err != nil {
			t.Fatalf("after %d bytes: %v", total, err)
		}
		if total < 4<<20 {
			time.Sleep(5 * time.Millisecond) // being slow is the point
		}
	}
	close(stop)
	if grown := <-peak - before; grown > flat {
		t.Errorf("memory grows by %d KiB for a body of %d MiB", grown>>10, size>>20)
	}
}

func TestBigUploadToASlowUpstreamKeepsMemoryFlat(t *testing.T) {
	t.Parallel()
	const size = 256 << 20
	e, _ := edgetest.StartPatient(t, func(c *testkit.Conn) {
		if _, err := c.Head(); err != nil {
			return
		}
		block := make([]byte, 64<<10)
		for total := 0; total < size; {
			n, err := c.Reader().Read(block)
			total += n
			if err != nil {
				return
			}
			if total < 2<<20 {
				time.Sleep(2 * time.Millisecond) // being slow is the point
			}
		}
		_ = c.Send(edgetest.OK)
		_ = c.Drain()
	})
	before := rss(t, e)
	stop := make(chan struct{})
	peak := peakDuring(e, stop)
	c := testkit.Dial(t, e.Addr("public"))
	c.SetTimeout(30 * time.Second)
	sent := make(chan error, 1)
	go func() {
		const head = "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: %d\r\n\r\n"
		err := c.Send(fmt.Sprintf(head, size))
		block := edgetest.BodyOf(1 << 20)
		for i := 0; i < size>>20 && err == nil; i++ {
			err = c.Send(block)
		}
		sent <- err
	}()
	if r := c.Final(t, "POST"); r.Status != 200 {
		t.Errorf("got %d", r.Status)
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
	close(stop)
	if grown := <-peak - before; grown > flat {
		t.Errorf("memory grows by %d KiB for a body of %d MiB", grown>>10, size>>20)
	}
}

func TestChunkedBodiesOfAnySizeKeepMemoryFlat(t *testing.T) {
	t.Parallel()
	const size = 64 << 20
	e, _ := edgetest.StartPatient(t, func(c *testkit.Conn) {
		if _, err := c.Head(); err != nil {
			return
		}
		// An echo of the raw chunks, as they come.
		_ = c.Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
		block := make([]byte, 64<<10)
		for {
			n, err := c.Reader().Read(block)
			if n > 0 && c.Send(string(block[:n])) != nil || err != nil {
				return
			}
		}
	})
	before := rss(t, e)
	stop := make(chan struct{})
	peak := peakDuring(e, stop)
	c := testkit.Dial(t, e.Addr("public"))
	c.SetTimeout(30 * time.Second)
	go func() {
		err := c.Send("POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n")
		for i := 0; i < size>>16 && err == nil; i++ {
			err = c.Send("10000\r\n" + edgetest.BodyOf(1<<16) + "\r\n")
		}
		_ = c.Send("0\r\n\r\n")
	}()
	r := c.Final(t, "POST")
	if len(r.Body) != size {
		t.Errorf("%d bytes came back, want %d", len(r.Body), size)
	}
	close(stop)
	if grown := <-peak - before; grown > flat {
		t.Errorf("memory grows by %d KiB for a body of %d MiB each way", grown>>10, size>>20)
	}
}
