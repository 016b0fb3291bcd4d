package http2_test

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/http2"
	xhttp2 "golang.org/x/net/http2"
)

// far puts a distance between a client and its server.
func far(t *testing.T, c *client, delay time.Duration) {
	t.Helper()
	near, relay := net.Pipe()
	conn := c.conn
	var wg sync.WaitGroup
	carry := func(to io.WriteCloser, from io.Reader) {
		type piece struct {
			due time.Time
			b   []byte
		}
		line := make(chan piece, 10_000)
		wg.Go(func() {
			defer close(line)
			for {
				b := make([]byte, 32<<10)
				n, err := from.Read(b)
				if err != nil {
					return
				}
				line <- piece{time.Now().Add(delay), b[:n]}
			}
		})
		wg.Go(func() {
			defer to.Close()
			for p := range line {
				<-time.After(time.Until(p.due))
				if _, err := to.Write(p.b); err != nil {
					break
				}
			}
			for range line {
			}
		})
	}
	carry(conn, relay)
	carry(relay, conn)
	t.Cleanup(func() {
		near.Close()
		relay.Close()
		conn.Close()
		wg.Wait()
	})
	c.conn = near
	c.fr = xhttp2.NewFramer((*frames)(c), near)
}

// upload sends size bytes in stream 1 as fast as its windows allow, and returns
// the most that it was granted at once: about half of a window.
func upload(t *testing.T, c *client, size int) int {
	t.Helper()
	c.headers(1, false, post()...)
	stream, conn, sent, most := http2.DefaultStreamWindow, http2.DefaultConnWindow, 0, 0
	for sent < size {
		for n := 1; n > 0 && sent < size; {
			if n = min(size-sent, stream, conn, 16<<10); n > 0 {
				sent += n
				stream -= n
				conn -= n
				c.must(c.fr.WriteData(1, sent == size, make([]byte, n)))
			}
		}
		c.flush()
		f, err := c.next()
		c.must(err)
		switch f := f.(type) {
		case *xhttp2.WindowUpdateFrame:
			if f.StreamID == 0 {
				conn += int(f.Increment)
			} else {
				stream += int(f.Increment)
				most = max(most, int(f.Increment))
			}
		case *xhttp2.PingFrame:
			c.must(c.fr.WritePing(true, f.Data))
		}
	}
	return most
}

func TestWindowsGrowForAClientThatIsFarAway(t *testing.T) {
	s := listen(t, hello, nil)
	c := dial(t, s)
	c.answerGreeting()
	far(t, c, 20*time.Millisecond)
	if most := upload(t, c, 10<<20); most < http2.DefaultMaxStream/4 ||
		most > http2.DefaultMaxStream {
		t.Errorf("%d KiB were granted at once, want about half of %d KiB", most>>10,
			http2.DefaultMaxStream>>10)
	}
}

func TestAHandlerThatDoesNotReadGetsNoMoreThanAWindow(t *testing.T) {
	release := make(chan struct{})
	s := listen(t, func(st *http2.Stream) {
		<-release
		if unread, _ := st.Whole(); unread != http2.DefaultStreamWindow {
			t.Errorf("%d bytes are held, want %d", unread, http2.DefaultStreamWindow)
		}
		hello(st)
	}, nil)
	c := dial(t, s)
	c.answerGreeting()
	c.headers(1, false, post()...)
	for range http2.DefaultStreamWindow >> 14 {
		c.must(c.fr.WriteData(1, false, make([]byte, 16<<10)))
	}
	c.must(c.fr.WritePing(false, [8]byte{}))
	c.flush()
	for {
		f, err := c.next()
		c.must(err)
		if u, ok := f.(*xhttp2.WindowUpdateFrame); ok && u.StreamID == 1 {
			t.Fatal("the window was opened for a handler that reads nothing")
		}
		if p, ok := f.(*xhttp2.PingFrame); ok && p.IsAck() {
			break
		}
	}
	close(release)
	c.must(c.fr.WriteData(1, true, nil))
	c.flush()
	if a := c.answer(1); a.status != 200 {
		t.Errorf("got %v", a)
	}
}
