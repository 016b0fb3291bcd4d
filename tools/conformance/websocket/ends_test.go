//go:build unix

package websocket_test

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"encoding/base64"
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

// patience bounds a connection of a client.
const patience = 4 * time.Minute

// Frames of a message of five bytes (RFC 6455 section 5.2): the client masks with a key of zeros.
var (
	hello  = []byte("\x81\x85\x00\x00\x00\x00hello")
	answer = []byte("\x81\x05hello")
)

// serveEcho is an endpoint of WebSockets that answers each hello. It needs little memory itself.
func serveEcho(t testing.TB) string {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	conns := map[net.Conn]bool{}
	wg.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns[c] = true
			mu.Unlock()
			wg.Go(func() {
				serveOne(c)
				mu.Lock()
				defer mu.Unlock()
				delete(conns, c)
				c.Close()
			})
		}
	})
	t.Cleanup(func() {
		ln.Close()
		mu.Lock()
		for c := range conns {
			c.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return ln.Addr().String()
}

func serveOne(c net.Conn) {
	r, err := testkit.ReadRequestHead(bufio.NewReaderSize(c, 1024))
	if err != nil {
		return
	}
	key := r.Fields.Get("Sec-WebSocket-Key")
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	if _, err := fmt.Fprintf(c,
		"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
			"Sec-WebSocket-Accept: %s\r\n\r\n",
		base64.StdEncoding.EncodeToString(sum[:])); err != nil {
		return
	}
	got := make([]byte, len(hello))
	for {
		// The key is the client's own, or one that a client of HTTP/2 made; what it hides is no
		// matter here.
		if _, err := io.ReadFull(c, got); err != nil {
			return
		}
		if _, err := c.Write(answer); err != nil {
			return
		}
	}
}

// one is a client of HTTP/1.1, which has a socket on a connection.
type one struct{ conn net.Conn }

func openOne(addr string) (client, error) {
	conn, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		return nil, err
	}
	_ = conn.SetDeadline(time.Now().Add(patience))
	c := one{conn}
	if _, err := io.WriteString(conn,
		"GET /chat HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
			"Sec-WebSocket-Version: 13\r\n"+
			"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"); err != nil {
		conn.Close()
		return nil, err
	}
	r, err := testkit.ReadResponseHead(bufio.NewReaderSize(conn, 1024))
	if err == nil && r.Status != 101 {
		err = fmt.Errorf("the handshake is answered %d %v", r.Status, r.Fields)
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return c, nil
}

func (c one) round() error {
	if _, err := c.conn.Write(hello); err != nil {
		return err
	}
	got := make([]byte, len(answer))
	if _, err := io.ReadFull(c.conn, got); err != nil {
		return err
	}
	if !bytes.Equal(got, answer) {
		return fmt.Errorf("hello is answered %q", got)
	}
	return nil
}

func (c one) close() { c.conn.Close() }

// hundred is how many sockets a client of HTTP/2 has on a connection: as many streams as it may.
const hundred = 100

type many struct {
	conn net.Conn
	fr   *xhttp2.Framer
}

func openHundred(addr string) (client, error) {
	conn, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		return nil, err
	}
	_ = conn.SetDeadline(time.Now().Add(patience))
	c := &many{conn: conn, fr: xhttp2.NewFramer(conn, bufio.NewReaderSize(conn, 4096))}
	c.fr.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	if err := c.start(); err != nil {
		conn.Close()
		return nil, err
	}
	return c, nil
}

func (c *many) start() error {
	if _, err := io.WriteString(c.conn, xhttp2.ClientPreface); err != nil {
		return err
	}
	if err := c.fr.WriteSettings(); err != nil {
		return err
	}
	var b strings.Builder
	enc := hpack.NewEncoder(&b)
	for n := range hundred {
		b.Reset()
		for _, f := range [][2]string{
			{":method", "CONNECT"}, {":protocol", "websocket"}, {":scheme", "http"},
			{":authority", "a.test"}, {":path", "/chat"}, {"sec-websocket-version", "13"},
		} {
			if err := enc.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]}); err != nil {
				return err
			}
		}
		if err := c.fr.WriteHeaders(xhttp2.HeadersFrameParam{
			StreamID: uint32(2*n + 1), BlockFragment: []byte(b.String()), EndHeaders: true,
		}); err != nil {
			return err
		}
	}
	for opened := 0; opened < hundred; {
		f, err := c.next()
		if err != nil {
			return err
		}
		if h, ok := f.(*xhttp2.MetaHeadersFrame); ok {
			if h.PseudoValue("status") != "200" {
				return fmt.Errorf("the handshake is answered %v", h.Fields)
			}
			opened++
		}
	}
	return nil
}

// next reads a frame, and answers what asks for an answer.
func (c *many) next() (xhttp2.Frame, error) {
	f, err := c.fr.ReadFrame()
	if err != nil {
		return nil, err
	}
	switch f := f.(type) {
	case *xhttp2.SettingsFrame:
		if !f.IsAck() {
			err = c.fr.WriteSettingsAck()
		}
	case *xhttp2.PingFrame:
		if !f.IsAck() {
			err = c.fr.WritePing(true, f.Data)
		}
	case *xhttp2.RSTStreamFrame, *xhttp2.GoAwayFrame:
		err = fmt.Errorf("came %v", f)
	}
	return f, err
}

func (c *many) round() error {
	for n := range hundred {
		if err := c.fr.WriteData(uint32(2*n+1), false, hello); err != nil {
			return err
		}
	}
	got := map[uint32][]byte{}
	for done := 0; done < hundred; {
		f, err := c.next()
		if err != nil {
			return err
		}
		d, ok := f.(*xhttp2.DataFrame)
		if !ok {
			continue
		}
		b := append(got[d.StreamID], d.Data()...)
		got[d.StreamID] = b
		if bytes.Equal(b, answer) {
			done++
		} else if !bytes.HasPrefix(answer, b) {
			return fmt.Errorf("hello is answered %q", b)
		}
	}
	return nil
}

func (c *many) close() { c.conn.Close() }
