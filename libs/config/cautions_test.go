package config_test

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// A file of testdata/warned is valid, and the .txt beside it is what it is cautioned about.
func TestCautions(t *testing.T) {
	files, err := filepath.Glob("testdata/warned/*.yaml")
	if err != nil || len(files) < 5 {
		t.Fatal(files, err)
	}
	seen := map[string]bool{config.CodeExpires: true} // below
	for _, file := range files {
		options := config.Options{Secrets: func(string, string) (string, error) {
			return "hunter2 $remote_addr", nil
		}}
		d, err := options.Load(file)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		ps := slices.Clone(d.Cautions())
		for i := range ps {
			seen[ps[i].Code] = true
			ps[i].File = filepath.Base(ps[i].File)
			if ps[i].Line == 0 || ps[i].Column == 0 || ps[i].Hint == "" {
				t.Errorf("%s: no place or no hint: %v", file, ps[i])
			}
		}
		got := ps.Error() + "\n"
		golden := strings.TrimSuffix(file, ".yaml") + ".txt"
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		} else if got != string(want) {
			t.Errorf("%s: got\n%s\nwant\n%s\nIf it is what it should be, run \"go test "+
				"./libs/config -update\"", file, got, want)
		}
		if ps := config.Validate(d); len(ps) > 0 || len(d.Cautions()) == 0 {
			t.Errorf("%s: %v; cautions after another look: %v", file, ps, d.Cautions())
		}
	}
	for _, c := range config.CautionCodes() {
		if !strings.HasPrefix(c.Code, "W_") || !seen[c.Code] {
			t.Errorf("no file of testdata/warned shows %s", c.Code)
		}
		delete(seen, c.Code)
	}
	if len(seen) > 0 {
		t.Errorf("%v are not in config.CautionCodes", seen)
	}
}

// A certificate is a caution in its last 14 days, wherever it is named; before it is nothing, and
// afterwards a problem.
func TestCertificatesThatExpireSoon(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for _, tc := range []struct {
		left time.Duration
		want string
	}{{20 * day, ""}, {14*day + time.Hour, ""}, {13 * day, config.CodeExpires},
		{time.Hour, config.CodeExpires}} {
		dir := t.TempDir()
		authority := testkit.NewAuthority(t)
		authority.Leaf(t, func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = time.Now().Add(-60*day), time.Now().Add(tc.left)
		}, "a.test").Write(t, dir, "a")
		if err := os.WriteFile(filepath.Join(dir, "ca.pem"), authority.PEM, 0o600); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, "gateway.yaml")
		if err := os.WriteFile(file, []byte(`version: 1
listeners:
  - {name: public, address: 127.0.0.1:0, tls: {certificates: [{cert: a.pem, key: a.key}]}}
clusters:
  - name: a
    endpoints: [{address: 127.0.0.1:9001}]
    security: {mode: mtls, ca: ca.pem, cert: a.pem, key: a.key, server_name: b.test}
routes: [{name: a, cluster: a}]
`), 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := config.Load(file)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range d.Cautions() {
			got = append(got, p.Path+" "+p.Code)
		}
		var want []string
		if tc.want != "" {
			want = []string{"listeners[0].tls.certificates[0].cert " + tc.want,
				"clusters[0].security.cert " + tc.want}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%v left: %q, want %q", tc.left, got, want)
		}
	}
}

// What is written on purpose, and what another process needs, is no caution.
func TestNoFalseCautions(t *testing.T) {
	t.Parallel()
	const listener = "version: 1\nlisteners: [{name: public, address: 127.0.0.1:8080}]\n"
	const cluster = "clusters: [{name: a, endpoints: [{address: 127.0.0.1:9001}]}]\n"
	for name, text := range map[string]string{
		"no routes on purpose": listener + "routes: []\n",
		"the aggregator checks clusters": "version: 1\nhealthagg: {address: '127.0.0.1:9600'}\n" +
			"gossip: {bind: '127.0.0.1:7946'}\n" + cluster,
		"the rest is published": listener + cluster + "config_sync: {address: '127.0.0.1:9500', " +
			"node: a, cache: c.yaml}\n",
		"a route for any listener": "version: 1\nlisteners: [{name: a, address: 127.0.0.1:1}, " +
			"{name: b, address: 127.0.0.1:2}]\n" + cluster + "routes: [{name: a, cluster: a}, " +
			"{name: b, path_prefix: /b, cluster: a, listeners: [a]}]\n",
	} {
		d, ps := config.Decode("gateway.yaml", []byte(text))
		if len(ps) > 0 || len(d.Cautions()) > 0 {
			t.Errorf("%s: %v", name, ps)
		}
	}
}
