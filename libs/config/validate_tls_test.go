package config_test

import (
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// certificates writes pairs into a folder and returns that.
func certificates(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	authority := testkit.NewAuthority(t)
	leaf := func(file string, edit func(*x509.Certificate), names ...string) {
		authority.Leaf(t, edit, names...).Write(t, dir, file)
	}
	leaf("a", nil, "a.test", "*.a.test")
	leaf("b", nil, "B.test")
	leaf("again", nil, "a.test")
	leaf("ip", nil, "127.0.0.1")
	leaf("nameless", nil)
	leaf("expired", func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Now().Add(-48*time.Hour), time.Now().Add(-time.Hour)
	}, "old.test")
	leaf("early", func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Hour) }, "new.test")
	if err := os.WriteFile(filepath.Join(dir, "ca.pem"), authority.PEM, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestCertificatesAreChecked(t *testing.T) {
	dir := certificates(t)
	for _, tc := range []struct{ tls, want string }{
		{"certificates: [{cert: a.pem, key: a.key}, {cert: b.pem, key: b.key}], client_ca: ca.pem",
			""},
		{"certificates: [{cert: ip.pem, key: ip.key}]", ""},
		{"certificates: [{cert: a.pem, key: b.key}]", "tls.certificates[0].key: E_CERTIFICATE"},
		{"certificates: [{cert: a.pem, key: a.pem}]", "tls.certificates[0].key: E_CERTIFICATE"},
		{"certificates: [{cert: expired.pem, key: expired.key}]",
			"certificates[0].cert: E_CERTIFICATE: the certificate has expired"},
		{"certificates: [{cert: early.pem, key: early.key}]",
			"certificates[0].cert: E_CERTIFICATE: the certificate is not valid before"},
		{"certificates: [{cert: a.pem, key: a.key}, {cert: again.pem, key: again.key}]",
			"certificates[1].cert: E_CERTIFICATE: every name of the certificate has " +
				"certificates[0]"},
		{"certificates: [{cert: a.pem, key: a.key}, {cert: ip.pem, key: ip.key}]", ""},
		{"certificates: [{cert: a.pem, key: a.key}, {cert: nameless.pem, key: nameless.key}]",
			"certificates[1].cert: E_CERTIFICATE: the certificate has no DNS name"},
		{"certificates: [{cert: a.pem, key: a.key}], client_ca: a.key",
			"tls.client_ca: E_CERTIFICATE"},
	} {
		file := filepath.Join(dir, "gateway.yaml")
		text := fmt.Sprintf(
			"version: 1\nlisteners:\n  - {name: l, address: \"127.0.0.1:0\", tls: {%s}}\n"+
				"routes: []\n", tc.tls)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := config.Load(file)
		switch {
		case tc.want == "" && err != nil:
			t.Errorf("%s: %v", tc.tls, err)
		case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want) ||
			strings.Count(err.Error(), "\n") > 0):
			t.Errorf("%s: %v, want %s and nothing else", tc.tls, err, tc.want)
		}
	}
}

// A renewed certificate is another configuration, though the document is the same.
func TestOtherContentsAreSeen(t *testing.T) {
	dir := certificates(t)
	file := filepath.Join(dir, "gateway.yaml")
	if err := os.WriteFile(file, []byte("version: 1\nlisteners:\n  - {name: l, address: "+
		"\"127.0.0.1:0\", tls: {certificates: [{cert: a.pem, key: a.key}]}}\nroutes: []\n"),
		0o600); err != nil {
		t.Fatal(err)
	}
	load := func() *config.Document {
		d, err := config.Load(file)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	one, two := load(), load()
	if !one.SameFiles(two) || len(one.Files()) != 2 ||
		one.Files()[0] != filepath.Join(dir, "a.key") {
		t.Errorf("files %q", one.Files())
	}
	testkit.NewAuthority(t).Leaf(t, nil, "a.test").Write(t, dir, "a")
	if three := load(); one.SameFiles(three) || config.Digest(one) != config.Digest(three) {
		t.Error("a new certificate is not seen, or changes the digest of the document")
	}
}

// What has no default has to be there, whatever else is right.
func TestACertificateHasAKey(t *testing.T) {
	t.Parallel()
	dir := certificates(t)
	for tls, want := range map[string]string{
		"{cert: a.pem}":             "tls.certificates[0].key: E_MISSING: key is missing here",
		"{cert: a.pem, key: ''}":    "tls.certificates[0].key: E_MISSING",
		"{cert: '', key: a.key}":    "tls.certificates[0].cert: E_MISSING",
		"{ocsp: a.pem, key: a.key}": "tls.certificates[0].cert: E_MISSING",
	} {
		file := write(t, dir, "gateway.yaml", "version: 1\nroutes: []\nlisteners:\n"+
			"  - {name: l, address: '127.0.0.1:0', tls: {certificates: ["+tls+"]}}\n")
		if _, err := config.Load(file); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", tls, err, want)
		}
	}
}
