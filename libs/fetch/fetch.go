package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// Options are those of a Client.
type Options struct {
	// Timeout is how long an exchange may take, from the name of the server to the last byte.
	Timeout time.Duration
	// MaxBytes is how large an answer may be, uncompressed.
	MaxBytes int64
	// CA are the certificates of authorities (PEM) that servers are verified by, nil for those of
	// the system.
	CA []byte
	// Connections is how many stay open for the next exchange, 0 for none.
	Connections int
}

// A Client asks servers. Its methods may be called at the same time.
type Client struct {
	options   Options
	transport *http.Transport
	http      http.Client
}

// maxHead bounds the head of an answer, in bytes.
const maxHead = 64 << 10

// New returns a client. It is an error if there is no certificate in CA.
func New(o Options) (*Client, error) {
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if o.CA != nil {
		conf.RootCAs = x509.NewCertPool()
		if !conf.RootCAs.AppendCertsFromPEM(o.CA) {
			return nil, errors.New("there is no certificate in the CA file")
		}
	}
	c := &Client{options: o, transport: &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		TLSClientConfig:        conf,
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    o.Timeout,
		MaxResponseHeaderBytes: maxHead,
		MaxIdleConnsPerHost:    o.Connections,
		DisableKeepAlives:      o.Connections == 0,
		IdleConnTimeout:        time.Minute,
		DialContext:            (&net.Dialer{Timeout: o.Timeout}).DialContext,
	}}
	c.http = http.Client{
		Transport: c.transport,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}
	return c, nil
}

// Close closes the connections that nobody uses.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// An Answer is what a server says.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// What an error of Do is, beside those of the network.
var (
	// ErrSlow is that the answer was not whole in time.
	ErrSlow = errors.New("the answer was not there in time")
	// ErrLarge is that the answer has too many bytes.
	ErrLarge = errors.New("the answer is too large")
)

// Do asks a server. The error has nothing of the request's URL in it, not even the name of the
// server, since all of it may be secret. It ends early with ctx.
func (c *Client) Do(ctx context.Context, r *http.Request) (*Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	a, err := c.do(r.WithContext(ctx))
	if err == nil {
		return a, nil
	}
	err = Nameless(err)
	if ctx.Err() == context.DeadlineExceeded || errors.Is(err, context.DeadlineExceeded) {
		return nil, fmt.Errorf("%w (%s)", ErrSlow, c.options.Timeout)
	}
	return nil, err
}

// Nameless is why a server has not answered, in words for people, without the URL, the name and the
// address of the server: all of them may be secret. What it wraps stays, as far as it has none.
func Nameless(err error) error {
	var in *url.Error
	if errors.As(err, &in) {
		err = in.Err
	}
	var lookup *net.DNSError
	if errors.As(err, &lookup) {
		return fmt.Errorf("the name of the server can't be looked up: %s", lookup.Err)
	}
	var other x509.HostnameError
	if errors.As(err, &other) {
		return errors.New("the certificate of the server is for other names")
	}
	var op *net.OpError
	var number syscall.Errno
	switch {
	case errors.As(err, &op) && op.Op == "dial" && errors.As(op.Err, &number):
		return fmt.Errorf("no connection to the server: %w", number)
	case errors.As(err, &op) && op.Op == "dial":
		return fmt.Errorf("no connection to the server: %w", op.Err)
	case errors.Is(err, syscall.ECONNRESET):
		return errors.New("the server reset the connection")
	case errors.As(err, &op):
		return fmt.Errorf("%s: %w", op.Op, op.Err)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the server closed the connection before its answer was whole")
	case strings.Contains(err.Error(), "malformed HTTP"): // net/http has no type for it
		return errors.New("what the server answers is malformed, or not HTTP")
	}
	return err
}

func (c *Client) do(r *http.Request) (*Answer, error) {
	resp, err := c.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.ContentLength > c.options.MaxBytes {
		return nil, fmt.Errorf("%w: it has %d bytes, and %d are the most", ErrLarge,
			resp.ContentLength, c.options.MaxBytes)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, c.options.MaxBytes+1))
	if err != nil {
		return nil, err
	}
	if int64(len(body)) > c.options.MaxBytes {
		return nil, fmt.Errorf("%w: it has more than %d bytes", ErrLarge, c.options.MaxBytes)
	}
	return &Answer{Status: resp.StatusCode, Header: resp.Header, Body: body}, nil
}

// StatusError is an error for an answer whose status is not the one that was hoped for.
func (a *Answer) StatusError() error {
	if a.Status >= 300 && a.Status < 400 {
		return fmt.Errorf("the answer is a redirect (%d), and those are not followed", a.Status)
	}
	return fmt.Errorf("the answer has the status %d", a.Status)
}
