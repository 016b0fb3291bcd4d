// Package fields is the policy that changes header fields (routes[].headers).
package fields

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/pattern"
	"github.com/gatewayhomebrew/gateway/libs/placeholder"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// Policy edits the fields of requests and of final responses.
type Policy struct{ request, response *http1.Edits }

// New makes the policy of a route; nil for one that changes no field.
func New(c *config.Route) (policy.Policy, error) {
	if c.Headers == nil {
		return nil, nil
	}
	request, err := compile(&c.Headers.Request)
	if err != nil {
		return nil, err
	}
	response, err := compile(&c.Headers.Response)
	if err != nil || request == nil && response == nil {
		return nil, err
	}
	return &Policy{request, response}, nil
}

// compile makes the edits of one direction, nil for none.
func compile(c *config.HeaderEdit) (*http1.Edits, error) {
	change := http1.Change{Remove: c.Remove}
	var err error
	if change.Set, err = placeholder.ParseAll(c.Set); err != nil {
		return nil, err
	}
	if change.Add, err = placeholder.ParseAll(c.Add); err != nil {
		return nil, err
	}
	// A client could say beside it, or in another spelling, that it is somebody else.
	for _, values := range []map[string]placeholder.Template{change.Set, change.Add} {
		for _, name := range slices.Sorted(maps.Keys(values)) {
			if values[name].AsksWho() {
				change.Guard = append(change.Guard, name)
			}
		}
	}
	if len(c.Replace) > 0 {
		change.Rewrite = make(map[string]http1.Rewriting, len(c.Replace))
	}
	for name, w := range c.Replace {
		re, err := pattern.Part(w.Regex)
		if err != nil {
			return nil, fmt.Errorf("%q %w", w.Regex, err)
		}
		change.Rewrite[strings.ToLower(name)] = http1.Rewriting{Regex: re, With: []byte(w.With)}
	}
	return change.New(), nil
}

// Name is policy.Policy's.
func (*Policy) Name() string { return "headers" }

// OnRequest is policy.OnRequest's.
func (p *Policy) OnRequest(r *policy.Request) *policy.Answer {
	r.Edit(p.request)
	return nil
}

// OnResponse is policy.OnResponse's.
func (p *Policy) OnResponse(_ *policy.Request, h *policy.Response) *policy.Answer {
	h.Edit(p.response)
	return nil
}

// OnInterim is policy.OnInterim's.
func (p *Policy) OnInterim(_ *policy.Request, h *policy.Response) { h.Edit(p.response) }
