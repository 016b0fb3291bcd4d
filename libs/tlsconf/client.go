package tlsconf

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"slices"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

// sessions is how many TLS sessions a cluster remembers to resume.
const sessions = 64

// A Client is the gateway's side of connections to endpoints. It is immutable.
type Client struct {
	config *tls.Config
	shown  config.Security // with references in the place of secrets
	pair   *Certificate    // nil: none is configured, or it can't be used
	broken error           // why the pair can't be used
	notes  []Note
}

// NewClient makes the Client of connections that are secured as the document says; nil where they
// are not. The certificate of an endpoint is always verified, for the server name of the document;
// where that is "" the caller fills in the host of the endpoint it connects to.
//
// before is what was in force for the same endpoints, nil for none: what can't be read now, and was
// read from the same files then, stays in use, and is noted. A client certificate that can't be
// used and never could is noted too: a handshake for which the endpoint asks for it fails and says
// why. Authorities that can't be read and never could are an error.
func NewClient(doc *config.Document, s config.Security, before *Client) (*Client, error) {
	if s.Mode == config.SecurityNone || s.Mode == "" {
		return nil, nil
	}
	c := &Client{shown: s, config: &tls.Config{
		MinVersion: tls.VersionTLS12, ServerName: doc.Secret(s.ServerName),
		ClientSessionCache: tls.NewLRUClientSessionCache(sessions),
		// The user asked for it by this name, and is warned about it.
		InsecureSkipVerify:          s.InsecureSkipVerify, //nolint:gosec
		DynamicRecordSizingDisabled: true,
		CipherSuites:                suites(doc, s.Ciphers),
	}}
	if s.CA != "" {
		var last *x509.CertPool
		if before != nil && before.shown.CA == s.CA {
			last = before.config.RootCAs
		}
		var err error
		if c.config.RootCAs, err = c.authorities(doc.Material(s.CA), last); err != nil {
			return nil, fmt.Errorf("the authorities of the endpoints: %w", err)
		}
	}
	if s.Mode == config.SecurityMTLS {
		c.show(doc, s, before)
	}
	if len(s.Pins) > 0 {
		texts := make([]string, len(s.Pins))
		for i, p := range s.Pins {
			texts[i] = doc.Secret(p)
		}
		pins, err := readPins(texts)
		if err != nil {
			return nil, err
		}
		c.config.VerifyConnection = pins.verify
	}
	return c, nil
}

func (c *Client) authorities(m config.Material, last *x509.CertPool) (*x509.CertPool, error) {
	p, err := pool(m)
	if err != nil && last != nil {
		c.notes = append(c.notes, Note{Text: err.Error() + "; those that were read before stay"})
		return last, nil
	}
	return p, err
}

// show lets the client show its certificate.
func (c *Client) show(doc *config.Document, s config.Security, before *Client) {
	var last *Certificate
	if before != nil && before.shown.Cert == s.Cert && before.shown.Key == s.Key {
		last = before.pair
	}
	pair, err := load(doc, config.Certificate{Cert: s.Cert, Key: s.Key}, last)
	switch {
	case err == nil:
		c.pair = &pair
	case last != nil:
		c.pair = last
		c.notes = append(c.notes, Note{Text: "client " + err.Error() + "; the one that was read " +
			"before stays"})
	default:
		c.broken = fmt.Errorf("client %w", err)
		c.notes = append(c.notes, Note{LeftOut: true, Text: c.broken.Error() +
			"; endpoints that ask for it can't be connected to"})
	}
	// Not Certificates: of these, crypto/tls shows none whose issuer is not among those that the
	// endpoint says it accepts. There is one, so it is the one that was meant; the endpoint judges
	// it, and says so where it does not like it.
	c.config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		if c.broken != nil {
			return nil, c.broken
		}
		return c.pair.now(time.Now()), nil
	}
}

// Config is for the handshakes.
func (c *Client) Config() *tls.Config {
	if c == nil {
		return nil
	}
	return c.config
}

// ForHTTP2 leaves only what HTTP/2 may be spoken over (RFC 9113 section 9.2.2). It is called before
// Config is used.
func (c *Client) ForHTTP2() {
	if c == nil {
		return
	}
	c.config.CipherSuites = slices.DeleteFunc(c.config.CipherSuites, func(id uint16) bool {
		return !slices.ContainsFunc(config.NamedCiphers(nil),
			func(s config.Cipher) bool { return s.ID == id })
	})
}

// Broken is why the client certificate can't be used, nil if it can.
func (c *Client) Broken() error {
	if c == nil {
		return nil
	}
	return c.broken
}

// Notes are what is not as the document says.
func (c *Client) Notes() []Note {
	if c == nil {
		return nil
	}
	return c.notes
}

// suites are the cipher suites of TLS 1.2 with the names; without names those with AEAD.
func suites(doc *config.Document, names []string) (ids []uint16) {
	values := make([]string, len(names))
	for i, n := range names {
		values[i] = doc.Secret(n)
	}
	for _, s := range config.NamedCiphers(values) {
		ids = append(ids, s.ID)
	}
	return ids
}
