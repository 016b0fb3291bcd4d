package plan

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/introspect"
	"github.com/gatewayhomebrew/gateway/libs/jwks"
	"github.com/gatewayhomebrew/gateway/libs/policy/auth/bearer"
)

// tokens are the authenticators by tokens (auth.jwt).
type tokens struct {
	// known are they by what they are made from. A plan that takes the place of another has those
	// that are still wanted, with what they remember.
	known   map[[sha256.Size]byte]*bearer.Bearer
	sources []*jwks.Source
}

// Issuers are where the keys of tokens come from that routes of the plan take. They are those of
// the Keys.
func (p *Plan) Issuers() []*jwks.Source { return p.tokens.sources }

// issuers makes the authenticators by tokens that routes name. written is the document as it
// stands in the file.
func (p *Plan) issuers(before *Plan, written *config.Document) error {
	p.tokens.known = make(map[[sha256.Size]byte]*bearer.Bearer)
	if written.Auth == nil {
		return nil
	}
	wanted := make(map[string]bool)
	for i := range written.Routes {
		if a := written.Routes[i].Auth; a != nil {
			wanted[a.JWT] = true
			for j := range a.AnyOf {
				wanted[a.AnyOf[j].JWT] = true
			}
		}
	}
	shown := written.Revealed()
	for i := range written.Auth.JWT {
		j := &shown.Auth.JWT[i]
		if !wanted[j.Name] {
			continue
		}
		b, err := p.issuer(before, written, &written.Auth.JWT[i], j)
		if err != nil {
			return fmt.Errorf("auth.jwt %q: %w", j.Name, err)
		}
		p.auth[config.AuthRef{Kind: config.AuthJWT, Name: j.Name}] = b
	}
	return nil
}

// issuer makes one of them, or takes the one of the plan before. file is the entry as it stands in
// the file, j the one with its secrets.
func (p *Plan) issuer(
	before *Plan, written *config.Document, file, j *config.JWT,
) (*bearer.Bearer, error) {
	var made bearer.Sources
	made.Hide = p.Veil.Text
	id := sha256.New()
	if err := json.NewEncoder(id).Encode(j); err != nil {
		return nil, err
	}
	read := func(path string) ([]byte, error) {
		if path == "" {
			return nil, nil
		}
		data, err := contents(written.Material(path))
		fmt.Fprintf(id, "%d %s", len(data), data)
		return data, err
	}
	if j.JWKS.URL != "" || j.JWKS.File != "" {
		place := jwks.Place{
			Name: j.Name, URL: j.JWKS.URL, Interval: j.JWKS.Interval, Timeout: j.JWKS.Timeout,
			Text: p.Veil.Text,
		}
		var err error
		if place.CA, err = read(file.JWKS.CA); err != nil {
			return nil, err
		}
		if place.File, err = read(file.JWKS.File); err != nil {
			return nil, err
		}
		if made.Keys, err = p.Keys.Source(place); err != nil {
			return nil, err
		}
		p.tokens.sources = append(p.tokens.sources, made.Keys)
	}
	ca := []byte(nil)
	if j.Introspection != nil {
		var err error
		if ca, err = read(file.Introspection.CA); err != nil {
			return nil, err
		}
	}
	key := [sha256.Size]byte(id.Sum(nil))
	b := before.bearer(key)
	if b == nil {
		if i := j.Introspection; i != nil {
			var err error
			made.Server, err = introspect.New(introspect.Options{
				URL: i.URL, ClientID: i.ClientID, ClientSecret: i.ClientSecret, CA: ca,
				Timeout: i.Timeout,
			})
			if err != nil {
				return nil, err
			}
		}
		b = bearer.New(j, made)
	}
	p.tokens.known[key] = b
	return b, nil
}

// bearer is one of this plan, nil for none.
func (p *Plan) bearer(key [sha256.Size]byte) *bearer.Bearer {
	if p == nil {
		return nil
	}
	return p.tokens.known[key]
}

// contents are what a text of the document stands for where a file is wanted.
func contents(m config.Material) ([]byte, error) {
	if m.Text != nil {
		return m.Text, nil
	}
	data, err := config.ReadMaterial(m)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", m.Shown, err)
	}
	return data, nil
}
