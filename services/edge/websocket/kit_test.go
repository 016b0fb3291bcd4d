package websocket_test

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha1"
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	xhttp2 "golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// The opcodes of WebSocket frames (RFC 6455 section 5.2).
const (
	wsMore  = 0
	wsText  = 1
	wsBytes = 2
	wsClose = 8
	wsPing  = 9
	wsPong  = 10
)

// A wsFrame is one frame, masked by clients on its way.
type wsFrame struct {
	op      byte
	final   bool
	payload []byte
}

func writeFrame(w io.Writer, f wsFrame, masked bool) error {
	b := []byte{f.op, 0}
	if f.final {
		b[0] |= 0x80
	}
	switch n := len(f.payload); {
	case n < 126:
		b[1] = byte(n)
	case n < 1<<16:
		b[1] = 126
		b = binary.BigEndian.AppendUint16(b, uint16(n))
	default:
		b[1] = 127
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	payload := f.payload
	if masked {
		b[1] |= 0x80
		var key [4]byte
		_, _ = rand.Read(key[:])
		b = append(b, key[:]...)
		payload = append([]byte(nil), payload...)
		for i := range payload {
			payload[i] ^= key[i%4]
		}
	}
	_, err := w.Write(append(b, payload...))
	return err
}

// readFrame reads a frame, which must be masked or must not.
func readFrame(r *bufio.Reader, masked bool) (wsFrame, error) {
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return wsFrame{}, err
	}
	f := wsFrame{op: head[0] & 15, final: head[0]&0x80 != 0}
	if head[0]&0x70 != 0 || head[1]&0x80 != 0 != masked {
		return f, fmt.Errorf("the frame begins with %x", head)
	}
	n := uint64(head[1] & 0x7f)
	size := map[uint64]int{126: 2, 127: 8}[n]
	if size > 0 {
		var b [8]byte
		if _, err := io.ReadFull(r, b[8-size:]); err != nil {
			return f, err
		}
		n = binary.BigEndian.Uint64(b[:])
	}
	var key [4]byte
	if masked {
		if _, err := io.ReadFull(r, key[:]); err != nil {
			return f, err
		}
	}
	if n > 16<<20 {
		return f, fmt.Errorf("a frame of %d bytes", n)
	}
	f.payload = make([]byte, n)
	_, err := io.ReadFull(r, f.payload)
	for i := range f.payload {
		f.payload[i] ^= key[i%4]
	}
	return f, err
}

// serveFrames is an endpoint behind its handshake: it sends messages back, answers a ping, and
// answers a close and ends.
func serveFrames(r *bufio.Reader, w io.Writer) error {
	for {
		f, err := readFrame(r, true)
		if err != nil {
			return err
		}
		if f.op == wsPing {
			f.op = wsPong
		}
		if err := writeFrame(w, f, false); err != nil {
			return err
		}
		if f.op == wsClose {
			return nil
		}
	}
}

func acceptOf(key string) string {
	h := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(h[:])
}

// newSocketOrigin is an endpoint of WebSockets that speaks HTTP/1.1. How each of them ended is
// told.
func newSocketEndpoint(t testing.TB) (address string, ends <-chan error) {
	all := make(chan error, 100)
	up := testkit.NewUpstream(t, func(c *testkit.Conn) {
		r, err := c.Head()
		if err != nil {
			return
		}
		key, err := base64.StdEncoding.DecodeString(r.Fields.Get("Sec-WebSocket-Key"))
		switch {
		case err != nil || len(key) != 16 || r.Method != "GET" ||
			!strings.EqualFold(r.Fields.Get("Upgrade"), "websocket") ||
			r.Fields.Get("Sec-WebSocket-Version") != "13":
			all <- fmt.Errorf("no handshake: %+v", r)
			_ = c.Send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
			return
		case strings.HasPrefix(r.Target, "/forbidden"):
			_ = c.Send("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")
			return
		}
		_ = c.Send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n" +
			"Upgrade: websocket\r\nSec-WebSocket-Protocol: chat\r\n" +
			"Sec-WebSocket-Accept: " + acceptOf(r.Fields.Get("Sec-WebSocket-Key")) + "\r\n\r\n")
		err = serveFrames(c.Reader(), connWriter{c})
		c.Close()
		all <- err
	})
	return up.Addr(), all
}

type connWriter struct{ c *testkit.Conn }

func (w connWriter) Write(p []byte) (int, error) { return len(p), w.c.Send(string(p)) }

// newSocketOrigin2 is newSocketOrigin that speaks HTTP/2 in clear text, with extended CONNECT (RFC
// 8441).
func newSocketEndpoint2(t testing.TB) (address string, ends <-chan error) {
	all := make(chan error, 100)
	up := testkit.NewUpstream(t, func(c *testkit.Conn) {
		if _, err := io.CopyN(io.Discard, c.Reader(),
			int64(len(xhttp2.ClientPreface))); err != nil {
			return
		}
		fr := xhttp2.NewFramer(connWriter{c}, c.Reader())
		fr.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
		if fr.WriteSettings(xhttp2.Setting{
			ID: xhttp2.SettingEnableConnectProtocol, Val: 1,
		}) != nil {
			return
		}
		serveSockets2(fr, all)
	})
	return up.Addr(), all
}

// serveSockets2 serves the streams of a connection one after another, with windows that are opened
// anew at once.
func serveSockets2(fr *xhttp2.Framer, all chan<- error) {
	var in *io.PipeWriter
	var serving chan struct{}
	write := make(chan struct{}, 1) // full while a frame is written
	locked := func(do func() error) error {
		write <- struct{}{}
		defer func() { <-write }()
		return do()
	}
	defer func() {
		if in != nil {
			_ = in.CloseWithError(io.ErrUnexpectedEOF)
			<-serving
		}
	}()
	for {
		f, err := fr.ReadFrame()
		if err != nil {
			return
		}
		switch f := f.(type) {
		case *xhttp2.SettingsFrame:
			if !f.IsAck() {
				_ = locked(fr.WriteSettingsAck)
			}
		case *xhttp2.PingFrame:
			if !f.IsAck() {
				_ = locked(func() error { return fr.WritePing(true, f.Data) })
			}
		case *xhttp2.MetaHeadersFrame:
			if f.PseudoValue("method") != "CONNECT" || f.PseudoValue("protocol") != "websocket" {
				all <- fmt.Errorf("no handshake: %v", f.Fields)
				return
			}
			var b strings.Builder
			enc := hpack.NewEncoder(&b)
			_ = enc.WriteField(hpack.HeaderField{Name: ":status", Value: "200"})
			_ = enc.WriteField(hpack.HeaderField{Name: "sec-websocket-protocol", Value: "chat"})
			id := f.StreamID
			_ = locked(func() error {
				return fr.WriteHeaders(xhttp2.HeadersFrameParam{
					StreamID: id, BlockFragment: []byte(b.String()), EndHeaders: true,
				})
			})
			var out *io.PipeReader
			out, in = io.Pipe()
			serving = make(chan struct{})
			go func(done chan struct{}) {
				defer close(done)
				all <- serveFrames(bufio.NewReader(out), writerFunc(func(p []byte) error {
					for len(p) > 0 {
						n := min(len(p), 16<<10)
						if err := locked(func() error {
							return fr.WriteData(id, false, p[:n])
						}); err != nil {
							return err
						}
						p = p[n:]
					}
					return nil
				}))
				_ = locked(func() error { return fr.WriteData(id, true, nil) })
				_ = out.Close()
			}(serving)
		case *xhttp2.DataFrame:
			id, n := f.StreamID, uint32(len(f.Data()))
			_, _ = in.Write(f.Data())
			if n > 0 {
				_ = locked(func() error {
					if err := fr.WriteWindowUpdate(0, n); err != nil || f.StreamEnded() {
						return err
					}
					return fr.WriteWindowUpdate(id, n)
				})
			}
			if f.StreamEnded() {
				_ = in.Close()
			}
		case *xhttp2.RSTStreamFrame:
			_ = in.CloseWithError(errors.New("the stream was reset"))
		}
	}
}

type writerFunc func([]byte) error

func (w writerFunc) Write(p []byte) (int, error) { return len(p), w(p) }

// A socket is a client's end of a WebSocket.
type socket struct {
	t testing.TB
	r *bufio.Reader
	w io.Writer
	// end closes this side: all of it.
	end func()
}

// openSocket opens a WebSocket in one of the ways of clientOf; status is 101 or 200 where that
// worked.
func openSocket(
	t testing.TB, f *testkit.Front, protocol, path string,
) (s *socket, status int, header http.Header) {
	t.Helper()
	secure := strings.HasSuffix(protocol, "TLS")
	if strings.HasPrefix(protocol, "HTTP/2") {
		return openSocket2(t, f, secure, path)
	}
	addr := f.Addr("plain")
	if secure {
		addr = f.Addr("tls")
	}
	conn, err := net.DialTimeout("tcp", addr, testkit.Deadline)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if secure {
		conn = tls.Client(conn, f.TLS("http/1.1"))
	}
	var key [16]byte
	_, _ = rand.Read(key[:])
	text := base64.StdEncoding.EncodeToString(key[:])
	if _, err := fmt.Fprintf(conn,
		"GET %s HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: chat\r\n"+
			"Sec-WebSocket-Key: %s\r\n\r\n", path, text); err != nil {
		t.Fatal(err)
	}
	br := bufio.NewReader(conn)
	r, err := testkit.ReadResponseHead(br)
	if err != nil {
		t.Fatal(err)
	}
	header = http.Header{}
	for _, x := range r.Fields {
		header.Add(x.Name, x.Value)
	}
	if r.Status == 101 && header.Get("Sec-Websocket-Accept") != acceptOf(text) {
		t.Errorf("the handshake is answered %v", header)
	}
	return &socket{t: t, r: br, w: conn, end: func() { conn.Close() }}, r.Status, header
}

func openSocket2(
	t testing.TB, f *testkit.Front, secure bool, path string,
) (*socket, int, http.Header) {
	t.Helper()
	addr, tr := f.Addr("plain"), &xhttp2.Transport{AllowHTTP: true}
	tr.DialTLSContext = func(
		ctx context.Context, network, addr string, _ *tls.Config,
	) (net.Conn, error) {
		if secure {
			return (&tls.Dialer{Config: f.TLS("h2")}).DialContext(ctx, network, addr)
		}
		return (&net.Dialer{}).DialContext(ctx, network, addr)
	}
	if secure {
		addr = f.Addr("tls")
	}
	t.Cleanup(tr.CloseIdleConnections)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	out, in := io.Pipe()
	r, err := http.NewRequestWithContext(ctx, "CONNECT", "https://"+addr+path, out)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = http.Header{
		":protocol": {"websocket"}, "Sec-Websocket-Version": {"13"},
		"Sec-Websocket-Protocol": {"chat"},
	}
	resp, err := tr.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return &socket{t: t, r: bufio.NewReader(resp.Body), w: in, end: func() {
		in.Close()
		cancel()
	}}, resp.StatusCode, resp.Header
}

func (s *socket) send(f wsFrame) {
	s.t.Helper()
	if err := writeFrame(s.w, f, true); err != nil {
		s.t.Fatalf("send: %v", err)
	}
}

func (s *socket) want(f wsFrame) {
	s.t.Helper()
	got, err := readFrame(s.r, false)
	if err != nil || got.op != f.op || got.final != f.final ||
		string(got.payload) != string(f.payload) {
		s.t.Fatalf("got a frame %d (final %v) of %d bytes %.40q, %v; want %d (final %v) of %d",
			got.op, got.final, len(got.payload), got.payload, err, f.op, f.final, len(f.payload))
	}
}
