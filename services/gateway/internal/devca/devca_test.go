package devca_test

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/devca"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

func load(t *testing.T, f devca.Files) *x509.Certificate {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(f.Cert, f.Key)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(f.Key); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%s: %v %v, want it for its owner alone", f.Key, info.Mode(), err)
	}
	return pair.Leaf
}

func TestAnAuthorityIsMadeOnceAndSigns(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "certs")
	now := time.Now()
	one, err := devca.Open(dir, now)
	if err != nil || !one.Made {
		t.Fatalf("made %v, %v", one.Made, err)
	}
	first := load(t, one.Files())
	two, err := devca.Open(dir, now)
	if err != nil || two.Made {
		t.Fatalf("made again: %v, %v", two.Made, err)
	}
	if !load(t, two.Files()).Equal(first) {
		t.Error("the authority was replaced")
	}
	f, err := two.Sign(devca.Leaf{
		File: "server", Names: []string{"localhost", "::1", "*.dev.test"},
		URIs: []string{"spiffe://gateway/node/a"},
	}, now)
	if err != nil {
		t.Fatal(err)
	}
	leaf := load(t, f)
	roots := x509.NewCertPool()
	roots.AddCert(first)
	for _, name := range []string{"localhost", "[::1]", "x.dev.test"} {
		if _, err := leaf.Verify(x509.VerifyOptions{
			Roots: roots, DNSName: name, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := leaf.Verify(x509.VerifyOptions{
		Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}); err != nil {
		t.Errorf("as a client: %v", err)
	}
	if life := leaf.NotAfter.Sub(now); life > devca.LeafLife || life < devca.LeafLife-time.Minute ||
		len(leaf.URIs) != 1 {
		t.Errorf("it lives %v and has the URIs %v", life, leaf.URIs)
	}
}

func TestAnAuthorityThatIsNotWholeIsLeftAlone(t *testing.T) {
	now := time.Now()
	whole := func(t *testing.T) (string, devca.Files) {
		dir := t.TempDir()
		a, err := devca.Open(dir, now)
		if err != nil {
			t.Fatal(err)
		}
		return dir, a.Files()
	}
	for name, tc := range map[string]struct {
		damage func(f devca.Files) error
		at     time.Time
		want   string
	}{
		"without its key": {func(f devca.Files) error {
			return os.Remove(f.Key)
		}, now, "is there and"},
		"without its certificate": {func(f devca.Files) error {
			return os.Remove(f.Cert)
		}, now, "is there and"},
		"garbage": {func(f devca.Files) error {
			return os.WriteFile(f.Cert, []byte("x"), 0o600)
		}, now, "the authority"},
		"expired": {func(devca.Files) error {
			return nil
		}, now.Add(11 * 365 * 24 * time.Hour), "has expired"},
	} {
		dir, f := whole(t)
		if err := tc.damage(f); err != nil {
			t.Fatal(err)
		}
		before, _ := os.ReadDir(dir)
		if _, err := devca.Open(dir, tc.at); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
		if after, _ := os.ReadDir(dir); len(after) != len(before) {
			t.Errorf("%s: the folder was changed", name)
		}
	}
}
