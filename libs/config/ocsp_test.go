package config_test

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// An operator whose file is no OCSP response learns what it is instead, and not what a
// library calls the place at which it stopped.
func TestWhatIsNoOCSPResponseIsToldInWords(t *testing.T) {
	t.Parallel()
	authority, stranger := testkit.NewAuthority(t), testkit.NewAuthority(t)
	leaf, other := authority.Leaf(t, nil, "a.test"), authority.Leaf(t, nil, "b.test")
	until := time.Now().Add(time.Hour)
	good := authority.OCSP(t, leaf, ocsp.Good, until)
	dir := t.TempDir()
	leaf.Write(t, dir, "a")
	for what, c := range map[string]struct {
		der  []byte
		want string // "": none
	}{
		"good": {good, ""},
		"another's": {authority.OCSP(t, other, ocsp.Good, until),
			"it is about another certificate"},
		"empty":    {[]byte{}, "it is empty"},
		"text":     {[]byte("hello\n"), "it is cut off, damaged or something else"},
		"HTML":     {[]byte("<html><body>404</body></html>"), "it is cut off, damaged"},
		"cut off":  {good[:len(good)/2], "it is cut off, damaged"},
		"an octet": {[]byte{0x30}, "it is cut off, damaged"},
		"and more": {append(bytes.Clone(good), 1), "there is something behind its end"},
		"as PEM": {pem.EncodeToMemory(&pem.Block{Type: "OCSP RESPONSE", Bytes: good}),
			"it is in PEM form, and DER is wanted"},
		"a certificate":   {leaf.Cert, "it is in PEM form"},
		"not authorized":  {ocsp.UnauthorizedErrorResponse, "gave no answer (unauthorized)"},
		"later":           {ocsp.TryLaterErrorResponse, "gave no answer (try later)"},
		"a broken answer": {[]byte{0x30, 0x03, 0x0a, 0x01, 0x00}, "it is not a basic response"},
	} {
		if err := os.WriteFile(filepath.Join(dir, "a.der"), c.der, 0o600); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, "gateway.yaml")
		text := "version: 1\nroutes: []\nlisteners: [{name: l, address: \"127.0.0.1:0\", tls: {" +
			"certificates: [{cert: a.pem, key: a.key, ocsp: a.der}]}}]\n"
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := config.Load(file)
		said := fmt.Sprint(err)
		if (err == nil) != (c.want == "") || !strings.Contains(said, c.want) && c.want != "" {
			t.Errorf("%s: %v, want %q", what, err, c.want)
		}
		for _, inner := range []string{"asn1", "ASN.1", "ocsp: error", "struct", "tag", "pkix"} {
			if strings.Contains(said, inner) {
				t.Errorf("%s: the message speaks of %q: %s", what, inner, said)
			}
		}
	}
	issuer, err := x509.ParseCertificate(pemBytes(t, stranger.PEM))
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(pemBytes(t, leaf.Cert))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := config.Staple(good, cert, issuer); err == nil ||
		!strings.Contains(err.Error(), "not one of the certificate's issuer") {
		t.Errorf("signed by another: %v", err)
	}
}

func pemBytes(t *testing.T, text []byte) []byte {
	t.Helper()
	block, _ := pem.Decode(text)
	if block == nil {
		t.Fatal("no PEM")
	}
	return block.Bytes
}
