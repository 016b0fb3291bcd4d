package load

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

const (
	requestTimeout = 5 * time.Second
	dialPause      = 500 * time.Microsecond
)

// Once asks for the target on a fresh connection that it closes.
func Once(ctx context.Context, t Target) error {
	conn, err := open(ctx, t)
	if err != nil {
		return err
	}
	return conn.Close()
}

// FirstByte asks again and again until an answer came through the proxy, or ctx is done, and
// returns the time it came.
func FirstByte(ctx context.Context, t Target) (time.Time, error) {
	for {
		err := Once(ctx, t)
		if err == nil {
			return time.Now(), nil
		}
		select {
		case <-ctx.Done():
			return time.Time{}, fmt.Errorf("no answer from %s: %w", t.Addr, err)
		case <-time.After(dialPause):
		}
	}
}

// Idle is a set of keep-alive connections that have each had one answer and now wait.
type Idle struct {
	conns []net.Conn
}

// OpenIdle opens n of them.
func OpenIdle(ctx context.Context, t Target, n int) (*Idle, error) {
	idle := &Idle{conns: make([]net.Conn, 0, n)}
	for len(idle.conns) < n {
		conn, err := open(ctx, t)
		if err != nil {
			idle.Close()
			return nil, fmt.Errorf("idle connection %d of %d: %w", len(idle.conns)+1, n, err)
		}
		idle.conns = append(idle.conns, conn)
	}
	return idle, nil
}

// Open counts the connections the proxy has not closed.
func (i *Idle) Open() int {
	var n int
	for _, conn := range i.conns {
		_ = conn.SetReadDeadline(time.Now().Add(time.Microsecond)) // an error shows in the read
		var b [1]byte
		if _, err := conn.Read(b[:]); isTimeout(err) {
			n++
		}
	}
	return n
}

// Close closes all connections.
func (i *Idle) Close() {
	for _, conn := range i.conns {
		_ = conn.Close() // nothing was promised to the rival
	}
}

// open connects, asks once and reads the whole answer, unless it does not know how to ask.
func open(ctx context.Context, t Target) (net.Conn, error) {
	conn, err := (&net.Dialer{Timeout: requestTimeout}).DialContext(ctx, "tcp", t.Addr)
	if err != nil {
		return nil, err
	}
	if t.Speaks == TCP {
		return conn, nil
	}
	if t.Speaks == HTTPS {
		// certificates are not what is measured
		conn = tls.Client(conn, &tls.Config{ServerName: t.Host, InsecureSkipVerify: true})
	}
	if err := ask(conn, t); err != nil {
		_ = conn.Close() // the first error is the one to tell
		return nil, err
	}
	return conn, nil
}

func ask(conn net.Conn, t Target) error {
	if err := conn.SetDeadline(time.Now().Add(requestTimeout)); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", t.Path,
		t.Host); err != nil {
		return err
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return err
	}
	n, err := io.Copy(io.Discard, resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK || n != int64(t.Size) {
		return fmt.Errorf("%s answered %s with %d bytes, not 200 with %d", t.Addr, resp.Status, n,
			t.Size)
	}
	return conn.SetDeadline(time.Time{})
}

func isTimeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}
