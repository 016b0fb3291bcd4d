package adminclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/config"
)

// EnvToken holds the token of the admin API, where no flag does.
const EnvToken = "GATEWAY_ADMIN_TOKEN"

// mostBytes bounds an answer: the status of 10,000 endpoints is about 2 MB.
const mostBytes = 64 << 20

// ErrAway says that nothing listens at the address: no gateway runs there, or no longer.
var ErrAway = errors.New("nothing listens there")

// Client asks one admin API.
type Client struct {
	address string
	shown   string // what messages call the address
	token   string
	timeout time.Duration
	http    *http.Client
}

// New returns a client for host:port, or for unix:PATH. It keeps no connection open between two
// questions. An empty token is none.
func New(address, token string, timeout time.Duration) *Client {
	transport := &http.Transport{DisableKeepAlives: true, MaxResponseHeaderBytes: 64 << 10}
	shown := address
	if path, ok := strings.CutPrefix(address, config.UnixScheme); ok {
		address = "localhost" // for the URL, and the field Host
		transport.Proxy = nil
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", path)
		}
	}
	return &Client{
		address: address, shown: shown, token: token, timeout: timeout,
		http: &http.Client{
			Transport: transport,
			CheckRedirect: func(*http.Request, []*http.Request) error {
				return http.ErrUseLastResponse
			},
		},
	}
}

// As lets messages call the address something else, for one that is a secret.
func (c *Client) As(shown string) *Client {
	c.shown = shown
	return c
}

// Address is the address the client asks, as messages have it.
func (c *Client) Address() string { return c.shown }

// Status asks what runs.
func (c *Client) Status(ctx context.Context) (admin.Status, error) {
	var s admin.Status
	err := c.ask(ctx, http.MethodGet, "/status", &s, func() bool {
		return s.State != "" && s.Version != ""
	})
	return s, err
}

// Reload asks for a reload; a refused one is a receipt too.
func (c *Client) Reload(ctx context.Context) (admin.Receipt, error) {
	return c.change(ctx, "/reload")
}

// Rollback asks for the configuration before; a refused rollback is a receipt too.
func (c *Client) Rollback(ctx context.Context) (admin.Receipt, error) {
	return c.change(ctx, "/rollback")
}

func (c *Client) change(ctx context.Context, path string) (admin.Receipt, error) {
	var r admin.Receipt
	err := c.ask(ctx, http.MethodPost, path, &r, func() bool { return r.Result != "" })
	return r, err
}

// Upgrade asks for another binary in the place of the one that runs; one that was refused or taken
// back is a receipt too.
func (c *Client) Upgrade(ctx context.Context) (admin.Upgrade, error) {
	var u admin.Upgrade
	err := c.ask(ctx, http.MethodPost, "/upgrade", &u, func() bool { return u.Result != "" })
	return u, err
}

// Drain asks the gateway to end.
func (c *Client) Drain(ctx context.Context) (admin.StateAnswer, error) {
	var s admin.StateAnswer
	err := c.ask(ctx, http.MethodPost, "/drain", &s, func() bool { return s.Status != "" })
	return s, err
}

// Why asks what became of a request.
func (c *Client) Why(ctx context.Context, id string) (admin.Explanation, error) {
	var e admin.Explanation
	err := c.ask(ctx, http.MethodGet, "/why/"+url.PathEscape(id), &e, func() bool {
		return e.ID != ""
	})
	return e, err
}

// ask sends a request and decodes the answer into v. complete says whether v has what such an
// answer always has; if it has not, the answer is not a gateway's.
func (c *Client) ask(ctx context.Context, method, path string, v any, complete func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, "http://"+c.address+path, nil)
	if err != nil {
		return fmt.Errorf("the address %q of the admin API can't be asked", c.shown)
	}
	req.Header.Set("Accept", "application/json")
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return c.explain(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, mostBytes))
	if err != nil {
		return c.explain(err)
	}
	if err := json.Unmarshal(body, v); err == nil && complete() {
		return nil
	}
	return c.refusal(resp, body)
}

// explain turns a failure to get an answer into what to do about it.
func (c *Client) explain(err error) error {
	var timeout net.Error
	var name *net.DNSError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ENOENT):
		return fmt.Errorf("admin API at %s: %w; is the gateway running, and is this its admin "+
			"address? Name another one with --admin ADDR or --config FILE", c.shown, ErrAway)
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.As(err, &name):
		return fmt.Errorf(
			"admin API at %s: its name does not resolve; name another address with --admin ADDR",
			c.shown)
	case errors.As(err, &timeout) && timeout.Timeout():
		return fmt.Errorf("admin API at %s: no answer within %v; the gateway hangs, a firewall "+
			"is in between, or --timeout is too short", c.shown, c.timeout)
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err // its text repeats the URL
	}
	// "server gave HTTP response", "malformed HTTP response": something is there that speaks
	// something else. Where it speaks before it is asked, net/http may name its own read loop.
	if strings.Contains(err.Error(), "malformed HTTP") ||
		strings.Contains(err.Error(), "readLoopPeekFail") || errors.Is(err, io.EOF) ||
		errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("admin API at %s: what listens there is no admin API of a gateway "+
			"(%w); name another address with --admin ADDR", c.shown, err)
	}
	var number syscall.Errno
	switch {
	case c.shown == c.address:
	case errors.As(err, &number):
		err = number // the rest of its text repeats the address
	default:
		err = errors.New("it can't be asked")
	}
	return fmt.Errorf("admin API at %s: %w", c.shown, err)
}

// A Refusal is an error that the admin API answered with.
type Refusal struct {
	Status  int
	Code    string // GW_…
	Message string
	advice  string
	address string
}

func (r *Refusal) Error() string {
	text := fmt.Sprintf("admin API at %s: %d %s: %s", r.address, r.Status, r.Code, r.Message)
	if r.advice != "" {
		text += "; " + r.advice
	}
	return text
}

// refusal turns an answer that is not what was asked for into an error.
func (c *Client) refusal(resp *http.Response, body []byte) error {
	var e admin.Error
	if err := json.Unmarshal(body, &e); err != nil || e.Error.Code == "" {
		kind := resp.Header.Get("Content-Type")
		if kind == "" {
			kind = "no type of content"
		}
		return fmt.Errorf("admin API at %s: what listens there is no admin API of a gateway (it "+
			"answers %d with %s); name another address with --admin ADDR", c.shown,
			resp.StatusCode, kind)
	}
	r := &Refusal{
		Status: resp.StatusCode, Code: e.Error.Code, Message: e.Error.Message, address: c.shown,
	}
	switch {
	case r.Status == http.StatusUnauthorized && c.token == "":
		r.advice = "set " + EnvToken +
			" or give --token TOKEN, the value of admin.token in the gateway's configuration"
	case r.Status == http.StatusUnauthorized:
		r.advice = "the token given is not the value of admin.token in the gateway's configuration"
	}
	return r
}
