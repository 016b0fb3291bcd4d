package config

import (
	"crypto/tls"
	"fmt"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config/text"
)

// A Cipher is a cipher suite of TLS 1.2 that a document may name.
type Cipher struct {
	ID   uint16
	Name string // as IANA has it
	// AEAD says that it encrypts and authenticates in one. HTTP/2 has no other (RFC 9113 section
	// 9.2.2 and its appendix A).
	AEAD bool
	// RSA says that it is for certificates with an RSA key, and else for those with any other.
	RSA bool
}

// Ciphers returns the suites that a document may name, the better ones first: those of crypto/tls
// with forward secrecy.
func Ciphers() (all []Cipher) {
	for _, s := range tls.CipherSuites() {
		kind, rest, ok := strings.Cut(strings.TrimPrefix(s.Name, "TLS_ECDHE_"), "_WITH_")
		if !ok || !strings.HasPrefix(s.Name, "TLS_ECDHE_") {
			continue // of TLS 1.3, where there is no choice, or without forward secrecy
		}
		all = append(all, Cipher{ID: s.ID, Name: s.Name, AEAD: !strings.Contains(rest, "CBC"),
			RSA: kind == "RSA"})
	}
	return all
}

// NamedCiphers are the suites of a list of names, which validation has let through; with none
// those with AEAD.
func NamedCiphers(names []string) (chosen []Cipher) {
	for _, c := range Ciphers() {
		if len(names) == 0 && c.AEAD || contains(names, c.Name) {
			chosen = append(chosen, c)
		}
	}
	return chosen
}

// ciphers checks names of suites.
func (v *validator) ciphers(names []string, minVersion string, path func() string) {
	if len(names) > 0 && minVersion == "1.3" {
		v.add(path(), CodeConflict, "these are suites of TLS 1.2, which min_version leaves out",
			"remove ciphers, or write min_version: \"1.2\"")
	}
	for i, n := range names {
		if v.full() {
			return
		}
		name := v.value(n)
		if len(NamedCiphers([]string{name})) == 1 && name != "" {
			continue
		}
		why, hint := "is no cipher suite that can be used", ""
		switch {
		case strings.HasPrefix(name, "TLS_AES_") || strings.HasPrefix(name, "TLS_CHACHA20_"):
			why, hint = "is a suite of TLS 1.3, whose suites are always on", "remove it"
		case weak(name):
			why = "is not safe: it has no forward secrecy, or a cipher that is broken"
			hint = "take one that begins with TLS_ECDHE_"
		default:
			var known []string
			for _, c := range Ciphers() {
				known = append(known, c.Name)
			}
			v.suggestions++
			hint = suggest(ianaName(name), known, "they are ", v.suggestions)
		}
		v.add(text.JoinIndex(path(), i), CodeValue, fmt.Sprintf("%s %s", text.Quote(n), why), hint)
	}
}

const onlyCBC = "HTTP/2 has no suite with CBC (RFC 9113 section 9.2.2), and no other is named"

// withoutAEAD says whether names are only of suites that HTTP/2 does not have.
func (v *validator) withoutAEAD(names []string) bool {
	known := 0
	for _, n := range names {
		for _, c := range NamedCiphers([]string{v.value(n)}) {
			if c.AEAD {
				return false
			}
			known++
		}
	}
	return known > 0
}

// weak says whether a name is of a suite that crypto/tls has and advises against.
func weak(name string) bool {
	for _, s := range tls.InsecureCipherSuites() {
		if s.Name == name {
			return true
		}
	}
	return false
}

// ianaName turns what OpenSSL calls a suite into about what IANA does: ECDHE-RSA-AES128-SHA.
func ianaName(name string) string {
	if strings.HasPrefix(name, "TLS_") {
		return name
	}
	n := strings.NewReplacer("AES128", "AES_128", "AES256", "AES_256", "CHACHA20-POLY1305",
		"CHACHA20_POLY1305_SHA256", "-", "_").Replace(name)
	for _, kind := range []string{"RSA", "ECDSA"} {
		n = strings.Replace(n, "_"+kind+"_", "_"+kind+"_WITH_", 1)
	}
	if strings.HasSuffix(n, "_SHA") || strings.HasSuffix(n, "_SHA256") &&
		!strings.Contains(n, "GCM") && !strings.Contains(n, "CHACHA") {
		i := strings.LastIndex(n, "_SHA")
		n = n[:i] + "_CBC" + n[i:]
	}
	return "TLS_" + n
}
