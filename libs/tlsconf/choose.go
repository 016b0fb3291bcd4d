package tlsconf

import (
	"crypto/tls"
	"crypto/x509"
	"net/netip"
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

// place is where a name is looked for.
func (s *Server) place(name string) (in map[string][]int, key string) {
	if rest, ok := strings.CutPrefix(name, "*."); ok {
		return s.wild, rest
	}
	return s.exact, name
}

// without says whether no certificate has a name.
func (s *Server) without(name string) bool {
	in, key := s.place(name)
	return len(in[key]) == 0
}

// add gives a certificate the names that no earlier one with such a key has.
func (s *Server) add(c Certificate) {
	i := len(s.certs)
	s.certs = append(s.certs, c)
	all := c.Names
	if c.last != nil {
		all = append(slices.Clone(all), c.last.Names...)
	}
	for _, n := range all {
		in, key := s.place(n)
		if !slices.ContainsFunc(in[key], func(j int) bool {
			return s.certs[j].algorithm() == c.algorithm()
		}) {
			in[key] = append(in[key], i)
		}
	}
}

func (c *Certificate) algorithm() x509.PublicKeyAlgorithm { return c.pair.Leaf.PublicKeyAlgorithm }

// named returns the certificates for a server name, which differ in their keys: those with exactly
// this name, else those with a wildcard for it (RFC 6125 section 6.4.3: for one label), else the
// first with those that have a name of it too. A client that says no name wants the address that
// it has connected to (RFC 6066 section 3 has no addresses).
func (s *Server) named(name string, local netip.Addr) []int {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	switch {
	case name == "" && local.IsValid():
		name = local.Unmap().WithZone("").String()
	case strings.IndexByte(name, ':') >= 0: // IPv6, the Host of a request: it has many spellings
		if a, err := netip.ParseAddr(name); err == nil {
			name = a.Unmap().WithZone("").String()
		}
	}
	if all := s.exact[name]; len(all) > 0 {
		return all
	}
	if _, parent, ok := strings.Cut(name, "."); ok {
		if all := s.wild[parent]; len(all) > 0 {
			return all
		}
	}
	if len(s.certs) > 0 {
		for _, n := range s.certs[0].Names {
			if in, key := s.place(n); len(in[key]) > 1 && in[key][0] == 0 {
				return in[key]
			}
		}
	}
	return first
}

var first = []int{0}

// Pick returns the certificate for a server name that a client asks for, or for the address that it
// has connected to where it asks for none. Several with different keys are one in this.
func (s *Server) Pick(name string, local netip.Addr) int { return s.named(name, local)[0] }

// choose returns the certificate for a client. Where several differ in their keys, it is the one
// for the signature that the client likes best (RFC 8446 section 4.2.3), among those it can check.
func (s *Server) choose(h *tls.ClientHelloInfo) int {
	all := s.named(h.ServerName, localIP(h))
	if len(all) == 1 {
		return all[0]
	}
	able := slices.Clone(all)
	asked := *h
	asked.ServerName = "" // it is not by the name that one is better than another
	able = slices.DeleteFunc(able, func(i int) bool {
		return asked.SupportsCertificate(&s.certs[i].pair) != nil
	})
	for _, scheme := range h.SignatureSchemes {
		for _, i := range able {
			if s.certs[i].algorithm() == signs(scheme) {
				return i
			}
		}
	}
	if len(able) > 0 {
		return able[0]
	}
	return all[0]
}

// signs is the kind of key that a signature is made with.
func signs(s tls.SignatureScheme) x509.PublicKeyAlgorithm {
	switch s {
	case tls.PKCS1WithSHA1, tls.PKCS1WithSHA256, tls.PKCS1WithSHA384, tls.PKCS1WithSHA512,
		tls.PSSWithSHA256, tls.PSSWithSHA384, tls.PSSWithSHA512:
		return x509.RSA
	case tls.ECDSAWithSHA1, tls.ECDSAWithP256AndSHA256, tls.ECDSAWithP384AndSHA384,
		tls.ECDSAWithP521AndSHA512:
		return x509.ECDSA
	case tls.Ed25519:
		return x509.Ed25519
	}
	return x509.UnknownPublicKeyAlgorithm
}

// keepHTTP2Safe sees to it that HTTP/2 is not agreed on together with a suite that it does not
// allow (RFC 9113 section 9.2.2), which crypto/tls picks apart from each other.
func (s *Server) keepHTTP2Safe(speaks []string) {
	safe := config.NamedCiphers(nil)
	aead := slices.DeleteFunc(slices.Clone(s.config.CipherSuites), func(id uint16) bool {
		return !slices.ContainsFunc(safe, func(c config.Cipher) bool { return c.ID == id })
	})
	if len(aead) == len(s.config.CipherSuites) || !slices.Contains(s.config.NextProtos, "h2") {
		return
	}
	if !slices.Contains(speaks, "http/1.1") {
		s.config.CipherSuites = aead
		return
	}
	s.old = s.config.Clone()
	s.old.NextProtos = slices.DeleteFunc(slices.Clone(s.old.NextProtos),
		func(p string) bool { return p == "h2" })
	s.config.GetConfigForClient = func(h *tls.ClientHelloInfo) (*tls.Config, error) {
		if slices.Contains(h.SupportedVersions, tls.VersionTLS13) || len(s.certs) == 0 {
			return nil, nil
		}
		rsa := s.certs[s.choose(h)].algorithm() == x509.RSA
		for _, c := range safe {
			if c.RSA == rsa && slices.Contains(aead, c.ID) &&
				slices.Contains(h.CipherSuites, c.ID) {
				return nil, nil
			}
		}
		return s.old, nil
	}
}
