package pemfile_test

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/pemfile"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// What is taken is all that encoding/pem and crypto/x509 find, block for block: nothing is lost.
func FuzzCertificates(f *testing.F) {
	one := testkit.NewAuthority(f).PEM
	f.Add(one)
	f.Add(append(bytes.ReplaceAll(one, []byte("\n"), []byte("\r\n")), one...))
	f.Add([]byte("-----BEGIN CERTIFICATE-----\nA: b\n\nAAAA\n-----END CERTIFICATE-----\n"))
	f.Add([]byte("0\x82"))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _ = pemfile.PrivateKey(data)
		_, _ = pemfile.PublicKeys(data)
		_, _ = pemfile.Pair(data, data)
		certs, err := pemfile.Certificates(data)
		if err != nil {
			return
		}
		var want []*x509.Certificate
		for rest := data; ; {
			var b *pem.Block
			if b, rest = pem.Decode(rest); b == nil {
				break
			}
			c, err := x509.ParseCertificate(b.Bytes)
			if err != nil {
				t.Fatalf("a block is damaged: %v", err)
			}
			want = append(want, c)
		}
		if len(certs) < len(want) {
			t.Fatalf("%d certificates, and encoding/pem finds %d", len(certs), len(want))
		}
	})
}
