package rig

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"time"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/load"
)

// Secure is the duty of Few with TLS on the client's side.
func Secure() Duty {
	d := Few()
	d.Name, d.TLS = "tls", true
	return d
}

// cipherSuite is the one of TLS 1.3 that everybody is held to: the edge prefers it by itself,
// OpenSSL the one of 256 bits.
const cipherSuite = "TLS_AES_128_GCM_SHA256"

// The files of the certificate, and both in one, which HAProxy wants.
const (
	certFile = "bench-cert.pem"
	keyFile  = "bench-key.pem"
	pairFile = "bench-pair.pem"
)

// WriteCertificate puts a certificate with a key on P-256, signed by itself, into the site's
// folder.
func (s Site) WriteCertificate() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("making a key: %w", err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()),
		Subject:      pkix.Name{CommonName: Host},
		DNSNames:     []string{Host, "www.bench.test"},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.Add(365 * 24 * time.Hour),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return fmt.Errorf("making a certificate: %w", err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("encoding a key: %w", err)
	}
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	private := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
	for name, text := range map[string][]byte{
		certFile: cert, keyFile: private, pairFile: append(cert[:len(cert):len(cert)], private...),
	} {
		if err := os.WriteFile(filepath.Join(s.Dir, name), text, 0o600); err != nil {
			return fmt.Errorf("writing %s: %w", name, err)
		}
	}
	return nil
}

func (s Site) speaks() load.Protocol {
	if s.Duty.TLS {
		return load.HTTPS
	}
	if s.Duty.GRPC {
		return load.TCP
	}
	return load.HTTP
}

func (s Site) scheme() string {
	if s.Duty.TLS {
		return "https"
	}
	return "http"
}

// nginxListen is what comes behind the address of a listen directive.
func (s Site) nginxListen() string {
	if s.Duty.TLS {
		return " ssl http2"
	}
	if s.Duty.GRPC {
		return " http2"
	}
	return ""
}

// nginxTLS turns the cache of sessions off and leaves tickets on, which is also what the edge has.
func (s Site) nginxTLS() string {
	if !s.Duty.TLS {
		return ""
	}
	return fmt.Sprintf(`    ssl_certificate %[1]s/%[2]s;
    ssl_certificate_key %[1]s/%[3]s;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_conf_command Ciphersuites %[4]s;
    ssl_session_tickets on;
`, s.Dir, certFile, keyFile, cipherSuite)
}

// haproxyGlobal is for its global section.
func (s Site) haproxyGlobal() string {
	if s.Duty.Sockets > 0 {
		return "    no strict-limits\n" // it wants a quarter more files than it uses
	}
	if !s.Duty.TLS {
		return ""
	}
	return fmt.Sprintf(
		"    ssl-default-bind-ciphersuites %s\n    ssl-default-bind-options ssl-min-ver TLSv1.2\n",
		cipherSuite)
}

// haproxyBind is what comes behind the address of a bind line.
func (s Site) haproxyBind() string {
	if s.Duty.GRPC {
		return " proto h2"
	}
	if !s.Duty.TLS {
		return ""
	}
	return fmt.Sprintf(" ssl crt %s alpn h2,http/1.1", filepath.Join(s.Dir, pairFile))
}

// edgeTLS is for its listener.
func (s Site) edgeTLS() string {
	if !s.Duty.TLS {
		return ""
	}
	return fmt.Sprintf("    tls: {certificates: [{cert: %q, key: %q}]}\n",
		filepath.Join(s.Dir, certFile), filepath.Join(s.Dir, keyFile))
}

// haproxyServer is what comes behind the address of a server line.
func (s Site) haproxyServer() string {
	if s.Duty.GRPC {
		return " proto h2"
	}
	return ""
}

// edgeProtocol is that of its cluster.
func (s Site) edgeProtocol() string {
	if s.Duty.GRPC {
		return "h2c"
	}
	return "http1"
}
