package tlsconf

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

// An Identity is who a client is, as its verified certificate says.
type Identity struct {
	Subject   string // RFC 4514: "CN=ops,O=Example"
	DNS, URIs []string
	Hash      string // the SHA-256 of the certificate, in hexadecimal
	Serial    string // in hexadecimal

	field []byte
}

// ClientIdentity is the client of a connection, nil if it did not show a certificate
// that was verified.
func ClientIdentity(state *tls.ConnectionState) *Identity {
	if len(state.VerifiedChains) == 0 || len(state.VerifiedChains[0]) == 0 {
		return nil
	}
	return newIdentity(state.VerifiedChains[0][0])
}

func newIdentity(c *x509.Certificate) *Identity {
	hash := sha256.Sum256(c.Raw)
	id := &Identity{Subject: c.Subject.String(), Hash: hex.EncodeToString(hash[:])}
	if c.SerialNumber != nil {
		id.Serial = c.SerialNumber.Text(16)
	}
	for _, n := range c.DNSNames {
		id.DNS = append(id.DNS, strings.ToLower(n))
	}
	for _, u := range c.URIs {
		id.URIs = append(id.URIs, u.String())
	}
	id.field = id.forwarded()
	return id
}

// Names are all names of the client: its subject, DNS names and URIs.
func (id *Identity) Names() []string {
	return slices.Concat([]string{id.Subject}, id.DNS, id.URIs)
}

// Forwarded is the value of the X-Forwarded-Client-Cert field that tells an endpoint of
// the client, as Envoy writes it.
func (id *Identity) Forwarded() []byte { return id.field }

func (id *Identity) forwarded() []byte {
	dst := append([]byte("Hash="), id.Hash...)
	dst = appendQuoted(append(dst, ";Subject="...), id.Subject)
	for _, u := range id.URIs {
		dst = appendQuoted(append(dst, ";URI="...), u)
	}
	for _, n := range id.DNS {
		dst = appendQuoted(append(dst, ";DNS="...), n)
	}
	return dst
}

// appendQuoted appends s such that nothing in it can be taken for the end of it, or of
// the field: what is not printable ASCII, and the percent sign, in percent-encoding.
func appendQuoted(dst []byte, s string) []byte {
	const digits = "0123456789ABCDEF"
	dst = append(dst, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ' || c > '~' || c == '%':
			dst = append(dst, '%', digits[c>>4], digits[c&15])
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

// Clients are those of the verified clients that a route is for. They are immutable.
type Clients struct {
	subjects, uris, dns map[string]struct{} // whole names; one kind is never taken for another
	suffixes            []string            // of DNS names: ".example.com" for *.example.com
	prefixes            []string            // of URIs: "spiffe://prod/" for spiffe://prod/*
}

// NewClients reads names: a DNS name, which may begin with "*." for one label; a URI,
// which may end with "*" for what begins so; a subject as RFC 4514 has it. None is
// everybody, and nil.
func NewClients(names []string) (*Clients, error) {
	if len(names) == 0 {
		return nil, nil
	}
	c := &Clients{
		subjects: map[string]struct{}{}, uris: map[string]struct{}{}, dns: map[string]struct{}{},
	}
	for _, n := range names {
		switch kind, err := config.ClientName(n); {
		case err != nil:
			return nil, err
		case kind == config.ClientURI && strings.HasSuffix(n, "*"):
			c.prefixes = append(c.prefixes, n[:len(n)-1])
		case kind == config.ClientDNS && strings.HasPrefix(n, "*."):
			c.suffixes = append(c.suffixes, strings.ToLower(n[1:]))
		case kind == config.ClientDNS:
			c.dns[strings.ToLower(n)] = struct{}{}
		case kind == config.ClientURI:
			c.uris[n] = struct{}{}
		default:
			c.subjects[n] = struct{}{}
		}
	}
	return c, nil
}

// Allows reports whether the route is for a client; nil is one without a certificate.
func (c *Clients) Allows(id *Identity) bool {
	if c == nil {
		return true
	}
	if id == nil {
		return false
	}
	if _, ok := c.subjects[id.Subject]; ok {
		return true
	}
	for _, u := range id.URIs {
		if _, ok := c.uris[u]; ok {
			return true
		}
		for _, p := range c.prefixes {
			if strings.HasPrefix(u, p) {
				return true
			}
		}
	}
	for _, n := range id.DNS {
		if _, ok := c.dns[n]; ok {
			return true
		}
		dot := strings.IndexByte(n, '.')
		for _, s := range c.suffixes {
			if dot > 0 && n[dot:] == s {
				return true
			}
		}
	}
	return false
}
