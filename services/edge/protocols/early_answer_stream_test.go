package protocols_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	xhttp2 "golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// TestAnEarlyAnswerOfAStreamIsReadByThoseWhoWriteFirst is about clients of HTTP/2 that send their
// whole body before they look at the stream. Java's does: it overlooks a reset that follows the
// answer, and waits for windows for ever.
func TestAnEarlyAnswerOfAStreamIsReadByThoseWhoWriteFirst(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, func(c *testkit.Conn) {
		if _, err := c.Head(); err == nil {
			_ = c.Send("HTTP/1.1 401 No\r\nContent-Length: 4\r\n\r\nwho?")
		}
		_ = c.Drain()
	})
	silent := testkit.NewUpstream(t, func(c *testkit.Conn) { _ = c.Drain() })
	authority := testkit.NewAuthority(t)
	answers := map[string]*testkit.Front{
		"413": testkit.StartFront(t, authority, testkit.Cluster{
			Address: silent.Addr(), Route: ", max_body_bytes: 1000",
		}),
		"401": testkit.StartFront(t, authority, testkit.Cluster{
			Address: up.Addr(), Route: ", max_body_bytes: 0",
		}),
		"404": testkit.StartFront(t, authority, testkit.Cluster{
			Address: up.Addr(), Route: ", path_prefix: /other",
		}),
	}
	var clients sync.WaitGroup
	for want, f := range answers {
		for _, u := range []upload{
			{"12 MiB at full speed", 12 << 20, 0, 0, false},
			{"1 MiB without a length", 1 << 20, 0, 0, true},
			{"4 MiB at 2 MiB/s", 4 << 20, 16, 125 * time.Millisecond, false},
			{"more than a window", 70_000, 0, 0, false},
		} {
			conn, err := net.DialTimeout("tcp", f.Addr("h2c"), testkit.Deadline)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = conn.Close() })
			_ = conn.SetDeadline(time.Now().Add(testkit.Deadline))
			clients.Go(func() {
				if err := streamFirst(conn, &u, want); err != nil {
					t.Errorf("%s, %s: %v", want, u.name, err)
				}
			})
		}
	}
	clients.Wait()
}

// A firstWriter sends a body as its windows allow. What comes for the stream is kept for later.
type firstWriter struct {
	fr             *xhttp2.Framer
	stream, window int64
	status         string
	ended          bool
	fault          error
}

func streamFirst(conn net.Conn, u *upload, want string) error {
	w := &firstWriter{
		fr: xhttp2.NewFramer(conn, bufio.NewReader(conn)), stream: 65_535, window: 65_535,
	}
	w.fr.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	if _, err := io.WriteString(conn, xhttp2.ClientPreface); err != nil {
		return err
	}
	var head bytes.Buffer
	enc := hpack.NewEncoder(&head)
	fields := []hpack.HeaderField{
		{Name: ":method", Value: "POST"}, {Name: ":scheme", Value: "http"},
		{Name: ":authority", Value: "a.test"}, {Name: ":path", Value: "/a"},
	}
	if !u.chunked {
		fields = append(fields, hpack.HeaderField{
			Name: "content-length", Value: fmt.Sprint(u.size),
		})
	}
	for _, f := range fields {
		if err := enc.WriteField(f); err != nil {
			return err
		}
	}
	if err := w.fr.WriteSettings(); err != nil {
		return err
	}
	if err := w.fr.WriteHeaders(xhttp2.HeadersFrameParam{
		StreamID: 1, BlockFragment: head.Bytes(), EndHeaders: true,
	}); err != nil {
		return err
	}
	if err := w.sendBody(u); err != nil {
		return fmt.Errorf("while it sent: %w (answer %q, ended %v, %v)", err, w.status, w.ended,
			w.fault)
	}
	for !w.ended {
		if err := w.read(); err != nil {
			return err
		}
	}
	if !strings.HasPrefix(w.status, want) {
		return fmt.Errorf("the answer is %q", w.status)
	}
	return nil
}

func (w *firstWriter) sendBody(u *upload) error {
	pace := make(<-chan time.Time)
	piece := make([]byte, 16<<10)
	if u.every > 0 {
		tick := time.NewTicker(u.every / time.Duration(u.size/u.pieces/len(piece)))
		defer tick.Stop()
		pace = tick.C
	}
	for left := u.size; left > 0; {
		n := min(len(piece), left)
		for w.window < int64(n) || w.stream < int64(n) {
			if err := w.read(); err != nil {
				return err
			}
		}
		left -= n
		w.window -= int64(n)
		w.stream -= int64(n)
		if err := w.fr.WriteData(1, left == 0, piece[:n]); err != nil {
			return err
		}
		if u.every > 0 {
			<-pace
		}
	}
	return nil
}

// read takes a frame in. As with Java, a reset of a stream that the server has ended is overlooked.
func (w *firstWriter) read() error {
	f, err := w.fr.ReadFrame()
	if err != nil {
		return err
	}
	switch f := f.(type) {
	case *xhttp2.SettingsFrame:
		if v, ok := f.Value(xhttp2.SettingInitialWindowSize); ok {
			w.stream += int64(v) - 65_535
		}
		if !f.IsAck() {
			return w.fr.WriteSettingsAck()
		}
	case *xhttp2.PingFrame:
		if !f.IsAck() {
			return w.fr.WritePing(true, f.Data)
		}
	case *xhttp2.WindowUpdateFrame:
		if f.StreamID == 0 {
			w.window += int64(f.Increment)
		} else {
			w.stream += int64(f.Increment)
		}
	case *xhttp2.MetaHeadersFrame:
		w.status, w.ended = f.PseudoValue("status"), f.StreamEnded()
	case *xhttp2.DataFrame:
		w.ended = f.StreamEnded()
	case *xhttp2.RSTStreamFrame:
		w.fault = fmt.Errorf("a reset with %v", f.ErrCode)
		if !w.ended {
			return w.fault
		}
	case *xhttp2.GoAwayFrame:
		return fmt.Errorf("GOAWAY %v", f.ErrCode)
	}
	return nil
}
