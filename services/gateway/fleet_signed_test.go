//go:build linux

package main_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// signingKey writes an Ed25519 pair and returns its files.
func signingKey(t *testing.T, dir, name string) (private, public string) {
	t.Helper()
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	write := func(file, kind string, der []byte, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, file)
		text := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	private = write(name+".key", "PRIVATE KEY", der, err)
	der, err = x509.MarshalPKIXPublicKey(pub)
	return private, write(name+".pub", "PUBLIC KEY", der, err)
}

// An edge takes only what its key has signed for its fleet, from config-sync and from its cache,
// and goes back no further than the signer has allowed.
func TestAnEdgeTakesOnlyWhatItsKeyHasSigned(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	private, public := signingKey(t, dir, "publisher")
	other, _ := signingKey(t, dir, "other")
	s := testkit.StartConfigsync(t, "--store", filepath.Join(dir, "store"), "--heartbeat", "50ms")
	cache := filepath.Join(dir, "last-good.yaml")
	edge := program{name: "edge", find: testkit.EdgeBinary, config: strings.Replace(document,
		"admin:", fmt.Sprintf("config_sync: {address: %q, node: edge-1, cache: %q, "+
			"public_key: %q, fleet: prod}\nadmin:", s.Address, cache, public), 1)}
	p := edge.start(t)
	p.says(`config-sync: connected`)
	publish := func(comment string, more ...string) ran {
		t.Helper()
		file := filepath.Join(t.TempDir(), "published.yaml")
		if err := os.WriteFile(file, []byte(document+"# "+comment+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return fleet(t, s.Address, append([]string{
			"publish", file, "--rollout", "100%", "--bake", "0s",
		}, more...)...)
	}
	signed := []string{"--sign-key", private, "--fleet", "prod"}
	publish("unsigned").want(t, 1, "not signed", "")
	publish("by another", "--sign-key", other, "--fleet", "prod").want(t, 1, "public_key", "")
	publish("for another", "--sign-key", private, "--fleet", "test").want(t, 1, "public_key", "")
	publish("one", signed...).want(t, 0, "is good", "")
	publish("two", signed...).want(t, 0, "is good", "")
	history := publish("three", signed...)
	history.want(t, 0, "is good", "")
	last := regexp.MustCompile(`published as revision (\d+)`).FindStringSubmatch(history.out)
	if last == nil {
		t.Fatal(history.out)
	}
	first := fmt.Sprint(number(t, last[1]) - 2)
	// One step back needs no signature, two do.
	fleet(t, s.Address, "rollback", "--to", first).want(t, 1, "", "--sign-key")
	fleet(t, s.Address, "rollback").want(t, 0, "is good", "")
	fleet(t, s.Address, append([]string{"rollback", "--to", first}, signed...)...).
		want(t, 0, "is good", "")
	p.end(syscall.SIGTERM, 0)
	if err := s.End(syscall.SIGTERM); err != nil {
		t.Error(err)
	}

	p = edge.start(t)
	p.says(`starts from the last good configuration`)
	p.end(syscall.SIGTERM, 0)
	text, err := os.ReadFile(cache)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "# one\n") {
		t.Errorf("the cache has %s", text)
	}
	// The same edge with another key does not trust what it has.
	_, edgeKey := signingKey(t, dir, "new")
	edge.config = strings.Replace(edge.config, public, edgeKey, 1)
	p = edge.start(t)
	p.says(`the last good configuration is not trusted`)
	p.says(`msg=ready .*gateway.yaml`)
	p.end(syscall.SIGTERM, 0)
}
