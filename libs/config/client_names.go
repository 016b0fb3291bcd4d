package config

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config/text"
)

// A ClientNameKind is what a name in RouteClients is looked for among.
type ClientNameKind uint8

// The kinds of names that a client certificate has.
const (
	ClientDNS     ClientNameKind = iota + 1 // DNS names; "*." at the front is any one label
	ClientURI                               // URIs; "*" at the end is whatever follows
	ClientSubject                           // the subject, as RFC 4514 has it
)

// ClientName tells what kind of name of a client n is.
func ClientName(n string) (kind ClientNameKind, err error) {
	stars := strings.Count(n, "*")
	switch {
	case n == "":
		return 0, errors.New("is empty, and a client has a name")
	case strings.Contains(n, "://"):
		if stars > 1 || stars == 1 && !strings.HasSuffix(n, "*") {
			return 0, errors.New("has a *, which a URI has only at its end")
		}
		return ClientURI, nil
	case strings.Contains(n, "="):
		if stars > 0 {
			return 0, errors.New("has a *, and a subject has none")
		}
		return ClientSubject, nil
	}
	if stars > 1 || stars == 1 && !strings.HasPrefix(n, "*.") || strings.ContainsAny(n, " /:@") {
		return 0, errors.New(
			"is neither a DNS name, nor a URI, nor a subject such as CN=ops,O=Example")
	}
	return ClientDNS, nil
}

// ParsePin reads a pin of Security, "sha256/" and the digest of a public key in base64.
func ParsePin(s string) (digest [sha256.Size]byte, err error) {
	text, ok := strings.CutPrefix(s, "sha256/")
	raw, err := base64.StdEncoding.DecodeString(text)
	if !ok || err != nil || len(raw) != len(digest) {
		return digest, errors.New("it is no pin")
	}
	return [sha256.Size]byte(raw), nil
}

// clients checks who may use a route.
func (v *validator) clients(r *Route, at spot) {
	if c := r.Clients; c != nil && len(c.Allow)+len(c.Deny) == 0 &&
		!v.damagedWithin(at.of("clients").String()) {
		v.add(at.of("clients").String(), CodeMissing,
			"these clients are everybody, since neither allow nor deny has a range",
			"add one of them, such as allow: [10.0.0.0/8], or remove clients")
	}
	if r.ClientCertificate == nil {
		return
	}
	for i, n := range r.ClientCertificate.Names {
		if _, err := ClientName(v.value(n)); err != nil {
			path := text.JoinIndex(at.of("client_certificate.names").String(), i)
			v.wrong(path, CodeValue, n, err, "write a DNS name, a URI or a subject")
		}
	}
	if !slices.ContainsFunc(v.doc.Listeners,
		func(l Listener) bool { return l.TLS != nil && l.TLS.ClientCA != "" }) {
		v.add(at.of("client_certificate").String(), CodeUnreachable,
			"no listener asks clients for a certificate, so that nobody may use this route",
			"add tls.client_ca to a listener")
	}
}
