package testkit

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"
	"time"
)

// Deadline bounds every single read and write of a Client: a gateway that needs longer to answer or
// to close is hanging. It is no measurement, and nothing waits for its end but a test that fails.
// So it may be long, for a machine on which ten other programs want the same processor.
const Deadline = 20 * time.Second

// A Client is one raw connection to the gateway. It sends the bytes it is given, no others.
// Its methods are for one goroutine, except that one may send while another reads.
type Client struct {
	conn    *net.TCPConn
	br      *bufio.Reader
	timeout time.Duration
}

// Dial connects to addr. The connection is closed when the test ends.
func Dial(t testing.TB, addr string) *Client {
	t.Helper()
	c, err := DialTimeout(addr, Deadline)
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	t.Cleanup(c.Close)
	return c
}

// DialTimeout connects to addr; timeout bounds the dial and then every read and write.
// The caller closes the client.
func DialTimeout(addr string, timeout time.Duration) (*Client, error) {
	conn, err := net.DialTimeout("tcp", addr, timeout)
	if err != nil {
		return nil, err
	}
	return &Client{
		conn: conn.(*net.TCPConn), br: bufio.NewReaderSize(conn, 16<<10), timeout: timeout,
	}, nil
}

// SetTimeout changes the bound of the reads and writes that follow.
func (c *Client) SetTimeout(d time.Duration) { c.timeout = d }

// LocalAddr is the address the gateway sees as this client's.
func (c *Client) LocalAddr() *net.TCPAddr { return c.conn.LocalAddr().(*net.TCPAddr) }

// Send writes the bytes in one call.
func (c *Client) Send(s string) error {
	_ = c.conn.SetWriteDeadline(time.Now().Add(c.timeout))
	_, err := io.WriteString(c.conn, s)
	return err
}

// Dribble writes the bytes one at a time, pausing between them; with no pause each byte is still a
// write of its own. It stops at the first error.
func (c *Client) Dribble(s string, pause time.Duration) error {
	for i := range len(s) {
		if err := c.Send(s[i : i+1]); err != nil {
			return err
		}
		if pause > 0 {
			time.Sleep(pause) // being slow is what Dribble is for
		}
	}
	return nil
}

// CloseWrite ends the client's side only: the gateway reads the end and may still answer.
func (c *Client) CloseWrite() error { return c.conn.CloseWrite() }

// Close closes the connection in the ordinary way. It may be called more than once.
func (c *Client) Close() { _ = c.conn.Close() }

// Reset closes the connection with a TCP reset.
func (c *Client) Reset() {
	_ = c.conn.SetLinger(0)
	_ = c.conn.Close()
}

// SetReadBuffer asks the kernel for a small receive buffer, so that a client that does not read is
// noticed soon.
func (c *Client) SetReadBuffer(n int) error { return c.conn.SetReadBuffer(n) }

// Response reads one response to a request with the given method.
func (c *Client) Response(method string) (*Response, error) {
	c.arm()
	return ReadResponse(c.br, method)
}

// Head reads one response head and leaves the body unread.
func (c *Client) Head() (*Response, error) {
	c.arm()
	return ReadResponseHead(c.br)
}

// Bytes reads exactly n bytes.
func (c *Client) Bytes(n int) (string, error) {
	c.arm()
	b := make([]byte, n)
	got, err := io.ReadFull(c.br, b)
	return string(b[:got]), err
}

// Rest reads until the gateway closes, and returns what came. A reset counts as a close.
func (c *Client) Rest() (string, error) {
	c.arm()
	b, err := io.ReadAll(c.br)
	if IsClosed(err) {
		err = nil
	}
	return string(b), err
}

// Read reads what is there, so that a test can read slowly.
func (c *Client) Read(p []byte) (int, error) {
	c.arm()
	return c.br.Read(p)
}

// ExpectClose returns nil when the gateway closes the connection without another byte.
func (c *Client) ExpectClose() error {
	rest, err := c.Rest()
	switch {
	case err != nil:
		return fmt.Errorf("the connection was not closed: %w", err)
	case rest != "":
		return fmt.Errorf("%d more bytes before the close: %q", len(rest), clip([]byte(rest)))
	}
	return nil
}

func (c *Client) arm() { _ = c.conn.SetReadDeadline(time.Now().Add(c.timeout)) }

// Exchange sends one request and reads its final response; it fails the test on any error.
func (c *Client) Exchange(t testing.TB, method, request string) *Response {
	t.Helper()
	if err := c.Send(request); err != nil {
		t.Fatalf("send: %v", err)
	}
	return c.Final(t, method)
}

// Final reads responses until one is not 1xx (or is 101), and fails the test on any error.
func (c *Client) Final(t testing.TB, method string) *Response {
	t.Helper()
	for {
		r, err := c.Response(method)
		if err != nil {
			t.Fatalf("read the response: %v", err)
		}
		if r.Status >= 200 || r.Status == 101 {
			return r
		}
	}
}

// IsClosed reports whether err says that the peer closed or reset the connection.
func IsClosed(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// IsTimeout reports whether err is a deadline that passed.
func IsTimeout(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) && ne.Timeout()
}
