package forward

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/cause"
	"github.com/gatewayhomebrew/gateway/libs/fetch"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// ask asks the server about a request. The verdict names it.
func (a *Authenticator) ask(r *policy.Request, until time.Time) *verdict {
	v := a.judge(r, until)
	v.rule = a.named(v.rule)
	if v.answer.Rule != "" {
		v.answer.Rule = v.rule
	}
	return v
}

// named puts the authenticator's name into a rule.
func (a *Authenticator) named(text string) string {
	return "auth.forward " + a.name + ": " + strings.TrimPrefix(text, rule)
}

func (a *Authenticator) judge(r *policy.Request, until time.Time) *verdict {
	ctx, cancel := context.WithDeadline(context.Background(), until)
	defer cancel()
	select {
	case a.slots <- struct{}{}:
		defer func() { <-a.slots }()
	case <-ctx.Done():
		// Not the server's fault, so nobody passes: a flood of requests would open the door.
		return &verdict{kind: busy, rule: rule + "too many requests are being asked about"}
	}
	q, err := a.question(ctx, r)
	if err != nil {
		return &verdict{kind: busy, rule: rule + "the request can't be asked about"}
	}
	resp, err := a.asks.RoundTrip(q)
	if err != nil {
		return &verdict{kind: away, rule: rule + a.reason(err)}
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode >= 200 && resp.StatusCode < 300:
		drain(resp, cancel)
		return a.accept(resp)
	case resp.StatusCode >= 300 && resp.StatusCode < 500 && resp.StatusCode != 304 &&
		resp.StatusCode != 407:
		return refuse(resp)
	}
	drain(resp, cancel)
	return &verdict{kind: away, rule: fmt.Sprintf("%sthe server answers %d", rule,
		resp.StatusCode)}
}

// reason is why there is no answer, without addresses and without what the server sent.
func (a *Authenticator) reason(err error) string {
	var timeout net.Error
	if errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout() {
		return a.slow()
	}
	return cause.Plain(fetch.Nameless(err).Error())
}

// slow is a server that takes too long.
func (a *Authenticator) slow() string {
	return "the server did not answer within " + cause.Short(a.config.Timeout) + " (timeout)"
}

// drainTime is how long the end of a body is waited for that nobody needs.
const drainTime = 50 * time.Millisecond

// drain reads a short body, so that the connection can be used again.
func drain(resp *http.Response, cancel func()) {
	if resp.ContentLength > mostDrained {
		return
	}
	timer := time.AfterFunc(drainTime, cancel)
	defer timer.Stop()
	_, _ = io.CopyN(io.Discard, resp.Body, mostDrained)
}

// question is the request that the server gets: what the gateway knows of the one it is about, and
// the fields that are passed. It has no body.
func (a *Authenticator) question(ctx context.Context, r *policy.Request) (*http.Request, error) {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, a.url.String(), http.NoBody)
	if err != nil {
		return nil, err
	}
	q.Header["User-Agent"] = nil // none of the library
	h := &r.Head.Head
	named := h.NamesEndHere()
	for i := range h.Fields {
		f := &h.Fields[i]
		for _, name := range a.pass {
			if len(name) == int(f.NameEnd-f.Start) && strings.EqualFold(name, string(h.Name(f))) &&
				!(named && h.EndsHere(f)) {
				q.Header[name] = append(q.Header[name], string(h.Value(f)))
			}
		}
	}
	if all := q.Header["Cookie"]; len(all) > 1 {
		q.Header["Cookie"] = []string{strings.Join(all, "; ")} // RFC 6265 section 5.4: one field
	}
	method, host := string(r.Head.MethodName), string(r.Head.Authority)
	uri := string(r.Head.Path) + string(r.Head.Query)
	set := func(name, value string) { q.Header[name] = []string{value} }
	set("X-Forwarded-Method", method)
	set("X-Forwarded-Proto", r.Scheme)
	set("X-Forwarded-Host", host)
	set("X-Forwarded-Uri", uri)
	set("X-Forwarded-Port", strconv.Itoa(int(r.Port)))
	set("X-Forwarded-For", chain(r))
	set("X-Original-Method", method)
	set("X-Original-Url", r.Scheme+"://"+host+uri)
	set("X-Original-Uri", uri) // as the documentation of auth_request has it
	set("X-Request-Id", string(r.ID))
	for _, values := range q.Header {
		// The library would refuse to send it, which is no fault of the server.
		if !valid(strings.Join(values, "")) {
			return nil, errUnfit
		}
	}
	return q, nil
}

var errUnfit = errors.New("a field has a control character")

// chain is the X-Forwarded-For of a request: what a trusted proxy says, and the client's address.
func chain(r *policy.Request) string {
	var all []string
	if len(r.Trusted) > 0 {
		h := &r.Head.Head
		for i := range h.Fields {
			if f := &h.Fields[i]; f.ID == http1.FieldXForwardedFor && f.ValueEnd > f.ValueStart {
				all = append(all, string(h.Value(f)))
			}
		}
	}
	if a := r.Client.Addr(); a.IsValid() {
		all = append(all, a.String())
	}
	return strings.Join(all, ", ")
}
