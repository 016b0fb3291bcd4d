package config

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/crypto/ocsp"

	"github.com/gatewayhomebrew/gateway/libs/config/text"
	"github.com/gatewayhomebrew/gateway/libs/hostname"
	"github.com/gatewayhomebrew/gateway/libs/pemfile"
)

// pemBegin begins a key that is the value of a secret itself, not the path of its file.
const pemBegin = "-----BEGIN "

// tls checks the TLS of a listener. What certificates hold is what may go stale under a gateway
// that runs, and must not keep the rest of its configuration from it.
func (v *validator) tls(l *Listener, at spot) {
	if l.TLS == nil {
		return
	}
	if len(l.TLS.Certificates) == 0 {
		v.add(at.of("tls.certificates").String(), CodeMissing, "there is no certificate",
			"add one: {cert: FILE, key: FILE}")
	}
	taken := map[shownFor]int{}
	for i, c := range l.TLS.Certificates {
		path := func(key string) func() string {
			return func() string {
				return text.JoinKey(text.JoinIndex(at.of("tls.certificates").String(), i), key)
			}
		}
		leaf := v.pair(path, c.Cert, c.Key)
		if leaf == nil {
			continue
		}
		v.validity(path("cert"), leaf)
		if c.OCSP != "" {
			v.staple(path("ocsp"), c, leaf)
		}
		v.reachable(path("cert"), leaf, i, taken)
	}
	if l.TLS.ClientCA != "" {
		v.authorities(at.of("tls.client_ca").String, l.TLS.ClientCA)
	} else if l.TLS.ClientAuth == ClientAuthOptional {
		v.add(at.of("tls.client_auth").String(), CodeConflict,
			"without client_ca no client is asked for a certificate", "add client_ca, or remove it")
	}
	v.ciphers(l.TLS.Ciphers, l.TLS.MinVersion, at.of("tls.ciphers").String)
}

// pair checks that a certificate and a key can be read and belong together. It returns the
// certificate.
func (v *validator) pair(path func(string) func() string, cert, key string) *x509.Certificate {
	if cert == "" || key == "" {
		return nil // said already
	}
	certPEM := v.material(path("cert"), v.doc.Material(cert), stale)
	keyPEM := v.material(path("key"), v.doc.Key(key), stale)
	if certPEM == nil || keyPEM == nil {
		return nil
	}
	pair, err := pemfile.Pair(certPEM, keyPEM)
	if err == nil {
		return pair.Leaf
	}
	var e *pemfile.Error
	if errors.As(err, &e) && e.Key {
		if strings.HasPrefix(e.What, "the key ") && e.Line == 0 {
			err = fmt.Errorf("is not the key of %s: %w", text.Quote(cert), err)
		}
		v.unusable(path("key")(), CodeCertificate, key, err, e.Fix, stale)
		return nil
	}
	v.unusable(path("cert")(), CodeCertificate, cert, err,
		"a chain in PEM form is wanted, the certificate of the server first", stale)
	return nil
}

// validity checks that a certificate may be used now.
func (v *validator) validity(path func() string, c *x509.Certificate) {
	now := time.Now()
	switch {
	case now.After(c.NotAfter):
		stale(v, path(), CodeCertificate,
			fmt.Sprintf("the certificate has expired, at %s",
				c.NotAfter.UTC().Format(time.RFC3339)), "renew it")
	case now.Before(c.NotBefore):
		stale(v, path(), CodeCertificate,
			fmt.Sprintf("the certificate is not valid before %s",
				c.NotBefore.UTC().Format(time.RFC3339)),
			"look at the clock of this machine, or take the one that is valid now")
	default:
		v.soon(path, c.NotAfter, now)
	}
}

// staple checks that an OCSP response is about the certificate, and still good.
func (v *validator) staple(path func() string, c Certificate, leaf *x509.Certificate) {
	der := v.material(path, v.doc.Material(c.OCSP), stale)
	if der == nil {
		return
	}
	r, err := Staple(der, leaf, nil)
	bad := func(why, hint string) {
		stale(v, path(), CodeCertificate, text.Quote(c.OCSP)+" "+why, hint)
	}
	switch {
	case err != nil:
		bad(fmt.Sprintf("is no OCSP response for %s: %v", text.Quote(c.Cert), err),
			"a response in DER form is wanted, as openssl ocsp -respout writes it")
	case r.Status == ocsp.Revoked:
		bad("says that the certificate is revoked", "get another certificate")
	case !r.NextUpdate.IsZero() && time.Now().After(r.NextUpdate):
		bad("ran out at "+r.NextUpdate.UTC().Format(time.RFC3339), "renew it, or remove the key")
	}
}

// shownFor is what a certificate is chosen by: the name that the client asks for, and the kind of
// key, of which a client may know only some.
type shownFor struct {
	name string
	key  x509.PublicKeyAlgorithm
}

// reachable checks that there is a name for which a certificate is shown: one that no earlier one
// with such a key has. The first is shown for every other name.
func (v *validator) reachable(path func() string, c *x509.Certificate, i int,
	taken map[shownFor]int) {
	names := make([]string, 0, len(c.DNSNames)+len(c.IPAddresses))
	for _, n := range c.DNSNames {
		names = append(names, strings.ToLower(n))
	}
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	free, first := i == 0, -1
	for _, n := range names {
		by, ok := taken[shownFor{n, c.PublicKeyAlgorithm}]
		if ok {
			first = by
			continue
		}
		taken[shownFor{n, c.PublicKeyAlgorithm}] = i
		free = true
	}
	switch {
	case free:
	case first < 0:
		stale(v, path(), CodeCertificate,
			"the certificate has no DNS name and no IP address, so nothing leads to it",
			"put it first, or take one with names")
	default:
		stale(v, path(), CodeCertificate, fmt.Sprintf("every name of the certificate has "+
			"certificates[%d] or an earlier one already, so it is never shown", first), "remove it")
	}
}

// authorities checks a file of certificates to trust. A gateway that runs keeps the ones that it
// has read before.
func (v *validator) authorities(path func() string, file string) {
	data := v.material(path, v.doc.Material(file), stale)
	if data == nil {
		return
	}
	if _, err := pemfile.Certificates(data); err != nil {
		v.unusable(path(), CodeCertificate, file, err, "", stale)
	}
}

// security checks how connections to a cluster's endpoints are secured.
func (v *validator) security(c *Cluster, at spot) {
	if c.Protocol == ClusterH2C && c.Security.Mode != SecurityNone {
		v.add(at.of("protocol").String(), CodeConflict,
			"h2c is HTTP/2 without TLS, and this cluster has TLS",
			"write protocol: h2, or security.mode: none")
	}
	if c.Protocol == ClusterH2 && c.Security.Mode == SecurityNone {
		v.add(at.of("protocol").String(), CodeConflict,
			"h2 is HTTP/2 over TLS, and this cluster has none",
			"set security.mode to tls or mtls, or protocol to h2c")
	}
	if c.Protocol == ClusterH2 && v.withoutAEAD(c.Security.Ciphers) {
		v.add(at.of("security.ciphers").String(), CodeConflict, onlyCBC,
			"name one with GCM or CHACHA20 too, or set protocol to http1")
	}
	v.secured(&c.Security,
		func(key string) func() string { return at.of("security." + key).String })
}

// secured checks how connections that the gateway makes are secured. path gives the path of a key.
func (v *validator) secured(s *Security, path func(key string) func() string) {
	missing := func(key, why string) { v.add(path(key)(), CodeSecurity, why, "add "+key+":") }
	for i, p := range s.Pins {
		if _, err := ParsePin(v.value(p)); err != nil {
			v.add(text.JoinIndex(path("pins")(), i), CodeValue, text.Quote(p)+" is no pin",
				"write sha256/ and the base64 of the SHA-256 of a public key")
		}
	}
	if len(s.Pins) > 0 && s.InsecureSkipVerify {
		v.add(path("pins")(), CodeConflict, "keys are looked for in a chain that was verified, "+
			"and with insecure_skip_verify none is", "remove one of them")
	}
	switch s.Mode {
	case SecurityNone:
		if len(s.Pins) > 0 {
			v.add(path("pins")(), CodeConflict, "without TLS this means nothing",
				"set security.mode to tls or mtls, or remove it")
		}
		if len(s.Ciphers) > 0 {
			v.add(path("ciphers")(), CodeConflict, "without TLS this means nothing",
				"set security.mode to tls or mtls, or remove it")
		}
		for _, k := range []struct{ key, value string }{{"ca", s.CA}, {"cert", s.Cert},
			{"key", s.Key}, {"server_name", s.ServerName}} {
			if k.value != "" {
				v.add(path(k.key)(), CodeConflict, "without TLS this means nothing",
					"set security.mode to tls or mtls, or remove it")
			}
		}
		return
	case SecurityTLS:
		if s.Cert != "" || s.Key != "" {
			v.add(path("mode")(), CodeConflict,
				"a client certificate is shown with mode: mtls only",
				"write mode: mtls, or remove cert and key")
		}
	case SecurityMTLS:
		if s.CA == "" {
			missing("ca", "mtls trusts nobody but the authority it names")
		}
		if s.ServerName == "" {
			missing("server_name",
				"mtls has to know which name the certificates of the other side are for")
		}
		if s.Cert == "" {
			missing("cert", "mtls shows a certificate to the other side")
		}
		if s.Key == "" {
			missing("key", "mtls needs the key of its certificate")
		}
		if leaf := v.pair(path, s.Cert, s.Key); leaf != nil {
			v.validity(path("cert"), leaf)
		}
	default:
		return // said already
	}
	if s.CA != "" {
		v.authorities(path("ca"), s.CA)
	}
	v.ciphers(s.Ciphers, "", path("ciphers"))
	if name := v.value(s.ServerName); name != "" {
		if _, err := netip.ParseAddr(name); err != nil {
			if n, err := hostname.Pattern(name); err != nil || strings.HasPrefix(n, "*") {
				v.wrong(path("server_name")(), CodeHost, s.ServerName,
					errors.New("is no host name and no IP address"), "")
			}
		}
	}
}
