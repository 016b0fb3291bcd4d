package introspect

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/fetch"
	"github.com/gatewayhomebrew/gateway/libs/jwt"
)

// Options are those of a Server.
type Options struct {
	// URL is its endpoint.
	URL string
	// ClientID and ClientSecret are by whose name it is asked (HTTP Basic), both "" for none.
	ClientID, ClientSecret string
	// CA are the authorities (PEM) that it is verified by, nil for those of the system.
	CA []byte
	// Timeout is how long an answer may take.
	Timeout time.Duration
}

const (
	// maxBytes is how large an answer may be.
	maxBytes = 64 << 10
	// atATime is how many tokens are asked about at the same time. Others wait.
	atATime = 64
)

// A Server is one that is asked. Its methods may be called at the same time.
type Server struct {
	options Options
	client  *fetch.Client
	slots   chan struct{}

	mu    sync.Mutex
	calls map[[sha256.Size]byte]*call // guarded by mu; by the hash of the token
}

// A call is a question that is under way.
type call struct {
	done   chan struct{} // closed when the rest is set
	claims jwt.Claims
	active bool
	err    error
}

// New returns a server. It is an error if there is no certificate in CA.
func New(o Options) (*Server, error) {
	c, err := fetch.New(fetch.Options{
		Timeout: o.Timeout, MaxBytes: maxBytes, CA: o.CA, Connections: atATime,
	})
	if err != nil {
		return nil, err
	}
	return &Server{
		options: o, client: c, slots: make(chan struct{}, atATime),
		calls: make(map[[sha256.Size]byte]*call),
	}, nil
}

// Close closes the connections that nobody uses.
func (s *Server) Close() { s.client.Close() }

// Ask asks about a token. claims are what the server says of one that is active. An error is that
// the server could not be asked, or gave an answer that is none; it has nothing of the token, the
// URL or the secret in it. A caller waits until ctx ends at most.
func (s *Server) Ask(
	ctx context.Context, token string,
) (claims jwt.Claims, active bool, err error) {
	sum := sha256.Sum256([]byte(token))
	s.mu.Lock()
	c := s.calls[sum]
	mine := c == nil
	if mine {
		c = &call{done: make(chan struct{})}
		s.calls[sum] = c
	}
	s.mu.Unlock()
	if mine {
		s.run(ctx, sum, token, c)
	}
	select {
	case <-c.done:
		return c.claims, c.active, c.err
	case <-ctx.Done():
		return jwt.Claims{}, false, errors.New("the answer was not there in time")
	}
}

// run asks, and lets those go on who wait for the answer, whatever happens.
func (s *Server) run(ctx context.Context, sum [sha256.Size]byte, token string, c *call) {
	c.err = errors.New("asking has failed") // unless ask comes back
	defer func() {
		s.mu.Lock()
		delete(s.calls, sum)
		s.mu.Unlock()
		close(c.done)
	}()
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		c.err = errors.New("too many tokens are being asked about")
		return
	}
	c.claims, c.active, c.err = s.ask(ctx, token)
}

func (s *Server) ask(
	ctx context.Context, token string,
) (claims jwt.Claims, active bool, err error) {
	form := url.Values{"token": {token}, "token_type_hint": {"access_token"}}
	r, err := http.NewRequest(http.MethodPost, s.options.URL, strings.NewReader(form.Encode()))
	if err != nil {
		return jwt.Claims{}, false, errors.New("the URL can't be asked")
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	if s.options.ClientID != "" {
		// RFC 6749 section 2.3.1 has both encoded like a form before.
		r.SetBasicAuth(
			url.QueryEscape(s.options.ClientID), url.QueryEscape(s.options.ClientSecret))
	}
	a, err := s.client.Do(ctx, r)
	switch {
	case err != nil:
		return jwt.Claims{}, false, err
	case a.Status == http.StatusUnauthorized || a.Status == http.StatusForbidden:
		return jwt.Claims{}, false, fmt.Errorf(
			"it does not take client_id and client_secret (status %d)", a.Status)
	case a.Status != http.StatusOK:
		return jwt.Claims{}, false, a.StatusError()
	}
	if claims, err = jwt.ParseClaims(a.Body); err != nil {
		return jwt.Claims{}, false, errors.New(
			"the answer is not a JSON object without double members")
	}
	active, ok := claims.Value("active").(bool)
	if !ok {
		return jwt.Claims{}, false, errors.New(
			"the answer does not say whether the token is active")
	}
	return claims, active, nil
}
