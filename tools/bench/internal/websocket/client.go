package websocket

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"time"
)

// timeout is the most one step of a socket may take.
const timeout = 5 * time.Second

// Sockets are open WebSockets.
type Sockets struct {
	conns []net.Conn
}

// Open opens n of them, one after the other, and has a message echoed over each. The caller calls
// Close.
func Open(ctx context.Context, addr, host, path string, n int) (*Sockets, error) {
	s := &Sockets{conns: make([]net.Conn, 0, n)}
	for i := range n {
		conn, err := (&net.Dialer{Timeout: timeout}).DialContext(ctx, "tcp", addr)
		if err == nil {
			s.conns = append(s.conns, conn)
			err = upgrade(conn, host, path)
		}
		if err == nil {
			err = echoed(conn, fmt.Sprint(i))
		}
		if err != nil {
			s.Close()
			return nil, fmt.Errorf("WebSocket %d of %d: %w", i+1, n, err)
		}
	}
	return s, nil
}

// Alive has another message echoed over each and counts those that did.
func (s *Sockets) Alive() (n int) {
	for i, conn := range s.conns {
		if echoed(conn, fmt.Sprint("still ", i)) == nil {
			n++
		}
	}
	return n
}

// Close closes them all.
func (s *Sockets) Close() {
	for _, conn := range s.conns {
		_ = conn.Close() // nothing was promised to the server
	}
}

func upgrade(conn net.Conn, host, path string) error {
	if err := conn.SetDeadline(time.Now().Add(timeout)); err != nil {
		return err
	}
	_, err := fmt.Fprintf(conn,
		"GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n\r\n", path, host, nonce)
	if err != nil {
		return err
	}
	// Nothing comes behind the head before a message was sent, so the reader keeps nothing that is
	// missed later.
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return err
	}
	if got := resp.Header.Get("Sec-WebSocket-Accept"); resp.StatusCode != switched ||
		got != accept(nonce) {
		return fmt.Errorf("%s answered %s, accepting %q", conn.RemoteAddr(), resp.Status, got)
	}
	return nil
}

func echoed(conn net.Conn, message string) error {
	if err := conn.SetDeadline(time.Now().Add(timeout)); err != nil {
		return err
	}
	if _, err := conn.Write(appendFrame(nil, message, true)); err != nil {
		return err
	}
	got, err := readFrame(bufio.NewReader(conn), make([]byte, longest))
	if err != nil {
		return err
	}
	if string(got) != message {
		return fmt.Errorf("the echo of %q is %q", message, got)
	}
	return nil
}
