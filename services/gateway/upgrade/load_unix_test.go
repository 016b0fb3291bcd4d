//go:build unix

package upgrade_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/examples/talk"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// upstreams are the servers behind the gateway.
type upstreams struct{ app, chat, calls, echo string }

// serve runs them until the test ends.
func serve(t *testing.T) upstreams {
	t.Helper()
	run := func(h http.Handler, h2 bool) string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		s := &http.Server{Handler: h, Protocols: new(http.Protocols)}
		s.Protocols.SetHTTP1(!h2)
		s.Protocols.SetUnencryptedHTTP2(h2)
		go func() { _ = s.Serve(l) }() // until Close
		t.Cleanup(func() { s.Close() })
		return l.Addr().String()
	}
	echo, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var sessions sync.WaitGroup
	sessions.Go(func() {
		for {
			c, err := echo.Accept()
			if err != nil {
				return
			}
			sessions.Go(func() {
				defer c.Close()
				_, _ = io.Copy(c, c) // it ends when the client does
			})
		}
	})
	t.Cleanup(func() {
		echo.Close()
		sessions.Wait()
	})
	return upstreams{
		app: run(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			b, err := io.ReadAll(r.Body)
			if err != nil {
				return
			}
			w.Header().Set("Content-Length", fmt.Sprint(len(b)+2))
			fmt.Fprintf(w, "%s: ", r.Method[:0])
			_, _ = w.Write(b) // the client sees it
		}), false),
		chat: run(talk.Chat(), false), calls: run(talk.Calls(), true), echo: echo.Addr().String(),
	}
}

// A load is clients of all kinds, until stop.
type load struct {
	t       *testing.T
	plain   string
	secure  string
	tcp     string
	tls     *tls.Config
	ctx     context.Context
	stop    context.CancelFunc
	group   sync.WaitGroup
	resumed atomic.Int64
	full    atomic.Int64

	mu     sync.Mutex
	done   map[string]int // guarded by mu
	failed []string       // guarded by mu
}

// begin begins a load on listeners of a service.
func begin(t *testing.T, plain, secure, tcp string, authority *testkit.Authority) *load {
	l := &load{t: t, plain: plain, secure: secure, tcp: tcp, done: map[string]int{}}
	l.tls = &tls.Config{
		RootCAs: authority.Pool(), ServerName: "upgrade.example",
		ClientSessionCache: tls.NewLRUClientSessionCache(64),
	}
	l.ctx, l.stop = context.WithCancel(context.Background())
	for kind, client := range map[string]func(int) error{
		"HTTP/1.1": l.kept, "HTTP/1.1, TLS": l.keptSecured, "HTTP/1.1, new connections": l.fresh,
		"WebSocket": l.chat, "TCP": l.session,
	} {
		for range 2 {
			l.repeat(kind, client)
		}
	}
	transport := &http.Transport{TLSClientConfig: l.tls.Clone(), ForceAttemptHTTP2: true}
	client := &http.Client{Transport: transport}
	for range 3 {
		l.repeat("HTTP/2", func(i int) error { return l.multiplexed(client, i) })
	}
	for range 2 {
		l.repeat("gRPC stream", func(int) error { return l.call(client) })
	}
	t.Cleanup(transport.CloseIdleConnections)
	t.Cleanup(l.stop)
	return l
}

// repeat runs a client again and again.
func (l *load) repeat(kind string, client func(i int) error) {
	l.group.Go(func() {
		for i := 0; l.ctx.Err() == nil; i++ {
			err := client(i)
			l.mu.Lock()
			if err != nil {
				l.failed = append(l.failed, fmt.Sprintf("%s %s: %v",
					time.Now().Format("15:04:05.000"), kind, err))
			} else {
				l.done[kind]++
			}
			l.mu.Unlock()
		}
	})
}

// end waits for the clients, and fails the test for each that has failed.
func (l *load) end() {
	l.t.Helper()
	l.stop()
	l.group.Wait()
	for i, f := range l.failed {
		if i == 20 {
			l.t.Errorf("and %d more", len(l.failed)-i)
			break
		}
		l.t.Error(f)
	}
	l.t.Logf("went well: %v; TLS sessions: %d resumed, %d not", l.done, l.resumed.Load(),
		l.full.Load())
	for _, kind := range []string{
		"HTTP/1.1", "HTTP/1.1, TLS", "HTTP/1.1, new connections", "HTTP/2", "WebSocket",
		"gRPC stream", "TCP",
	} {
		if l.done[kind] == 0 {
			l.t.Errorf("%s: not one", kind)
		}
	}
}

// pace is the time between two messages of a stream.
const pace = 40 * time.Millisecond

// messages is how many messages a stream has: with pace it lasts for longer than an upgrade.
const messages = 25

// dial connects; a connection that is refused is a failure, and not tried again.
func (l *load) dial(address string, secured bool) (net.Conn, error) {
	d := net.Dialer{Timeout: deadline}
	c, err := d.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	_ = c.SetDeadline(time.Now().Add(deadline)) // fails on a closed connection, as all else does
	if !secured {
		return c, nil
	}
	s := tls.Client(c, l.tls)
	if err := s.Handshake(); err != nil {
		c.Close()
		return nil, fmt.Errorf("handshake: %w", err)
	}
	if s.ConnectionState().DidResume {
		l.resumed.Add(1)
	} else {
		l.full.Add(1)
	}
	return s, nil
}

func (l *load) kept(int) error        { return l.requests(l.plain, false, 500) }
func (l *load) keptSecured(int) error { return l.requests(l.secure, true, 200) }
func (l *load) fresh(i int) error     { return l.requests(l.plain, i%4 == 5, 1) }

// requests sends requests over one connection until an answer says that it ends.
func (l *load) requests(address string, secured bool, most int) error {
	c, err := l.dial(address, secured)
	if err != nil {
		return err
	}
	defer c.Close()
	in := bufio.NewReader(c)
	for i := 0; i < most && l.ctx.Err() == nil; i++ {
		method, body := "GET", ""
		if i%2 == 1 {
			method, body = "POST", fmt.Sprintf("%0*d", i%700+1, i)
		}
		if _, err := fmt.Fprintf(c, "%s /app HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s",
			method, len(body), body); err != nil {
			return fmt.Errorf("request %d: %w", i, err)
		}
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			return fmt.Errorf("the answer to request %d: %w", i, err)
		}
		got, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != 200 || string(got) != ": "+body {
			return fmt.Errorf("request %d: status %d, %.80q, %v", i, resp.StatusCode, got, err)
		}
		if resp.Close {
			return nil
		}
	}
	return nil
}

// multiplexed sends a request over HTTP/2, on the connection of all.
func (l *load) multiplexed(client *http.Client, i int) error {
	body := bytes.Repeat([]byte{'x'}, i%2000)
	resp, err := client.Post("https://"+l.secure+"/app", "text/plain", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 || len(got) != len(body)+2 || resp.ProtoMajor != 2 {
		return fmt.Errorf("%s, status %d, %d bytes, %w", resp.Proto, resp.StatusCode, len(got), err)
	}
	return nil
}

// each calls do at the pace of a stream.
func each(do func(i int) error) error {
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for i := range messages {
		if err := do(i); err != nil {
			return fmt.Errorf("message %d: %w", i, err)
		}
		<-tick.C
	}
	return nil
}

// chat talks over a WebSocket.
func (l *load) chat(int) error {
	c, err := l.dial(l.plain, false)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := io.WriteString(c, "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n"+
		"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"); err != nil {
		return err
	}
	in := bufio.NewReader(c)
	resp, err := http.ReadResponse(in, nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		return fmt.Errorf("the handshake: %v, %w", resp, err)
	}
	if _, text, err := talk.ReadFrame(in); err != nil || string(text) != "welcome" {
		return fmt.Errorf("the greeting: %q, %w", text, err)
	}
	key := []byte{1, 2, 3, 4}
	if err := each(func(i int) error {
		said := fmt.Sprintf("message %d", i)
		if err := talk.WriteFrame(c, 0x81, []byte(said), key); err != nil {
			return err
		}
		_, text, err := talk.ReadFrame(in)
		if err == nil && string(text) != said {
			err = fmt.Errorf("%q came back", text)
		}
		return err
	}); err != nil {
		return err
	}
	if err := talk.WriteFrame(c, 0x88, nil, key); err != nil {
		return err
	}
	if first, _, err := talk.ReadFrame(in); err != nil || first&15 != 8 {
		return fmt.Errorf("the end: %d, %w", first, err)
	}
	return nil
}

// session talks over TCP through the relay.
func (l *load) session(int) error {
	c, err := l.dial(l.tcp, false)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := each(func(i int) error {
		said := binary.BigEndian.AppendUint64(nil, uint64(i))
		if _, err := c.Write(said); err != nil {
			return err
		}
		back := make([]byte, len(said))
		if _, err := io.ReadFull(c, back); err != nil {
			return err
		}
		if !bytes.Equal(said, back) {
			return errors.New("something else came back")
		}
		return nil
	}); err != nil {
		return err
	}
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		return err
	}
	if n, err := c.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		return fmt.Errorf("the end: %d, %w", n, err)
	}
	return nil
}

// call is a call of gRPC with a stream both ways.
func (l *load) call(client *http.Client) error {
	r, w := io.Pipe()
	defer w.Close()
	req, err := http.NewRequest(http.MethodPost, "https://"+l.secure+"/echo.Echo/Say", r)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/grpc")
	req.Header.Set("Te", "trailers")
	// A body that was begun can't be sent again, so the first message waits for the answer: the
	// client may find that its connection ends before it has sent anything.
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != 200 || resp.Header.Get("Grpc-Status") != "" {
		return fmt.Errorf("status %d, grpc-status %s", resp.StatusCode,
			resp.Header.Get("Grpc-Status"))
	}
	if err := each(func(i int) error {
		said := append([]byte{0, 0, 0, 0, 4}, binary.BigEndian.AppendUint32(nil, uint32(i))...)
		if _, err := w.Write(said); err != nil {
			return err
		}
		back := make([]byte, len(said))
		if _, err := io.ReadFull(resp.Body, back); err != nil {
			return err
		}
		if !bytes.Equal(said, back) {
			return errors.New("something else came back")
		}
		return nil
	}); err != nil {
		return err
	}
	w.Close()
	if rest, err := io.ReadAll(resp.Body); err != nil || len(rest) > 0 {
		return fmt.Errorf("the end: %d bytes, %w", len(rest), err)
	}
	if got := resp.Trailer.Get("Grpc-Status"); got != "0" {
		return fmt.Errorf("grpc-status %q", got)
	}
	return nil
}
