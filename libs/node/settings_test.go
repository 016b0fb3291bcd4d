package node

import (
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/program"
)

const settingsFile = `
version: 1
listeners: [{name: public, address: "127.0.0.1:1001"}, {name: second, address: "127.0.0.1:2001"}]
clusters: [{name: c, endpoints: [{address: "127.0.0.1:1"}]}]
routes: [{name: r, path_prefix: /, cluster: c}]
`

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// Default < file < overlay < environment < flag.
func TestTheOrderOfSettings(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	plain := write(t, dir, "plain.yaml", settingsFile)
	full := write(t, dir, "full.yaml", settingsFile+"admin: {address: '127.0.0.1:3001'}\n")
	write(t, dir, "prod.yaml",
		"listeners: [{name: public, address: '127.0.0.1:1002'}]\n"+
			"admin: {address: '127.0.0.1:3002'}\n")
	for name, c := range map[string]struct {
		flags        []string
		env          map[string]string
		first, admin string
		implicit     bool
	}{
		"defaults": {
			[]string{"--config", plain}, nil, "127.0.0.1:1001", config.DefaultAdminAddress, true,
		},
		"the file": {
			[]string{"--config", full}, nil, "127.0.0.1:1001", "127.0.0.1:3001", false,
		},
		"the file from outside": {
			nil, map[string]string{config.EnvConfig: full}, "127.0.0.1:1001", "127.0.0.1:3001",
			false,
		},
		"a flag names the file": {
			[]string{"--config", plain}, map[string]string{config.EnvConfig: full},
			"127.0.0.1:1001", config.DefaultAdminAddress, true,
		},
		"the overlay": {
			[]string{"--config", full}, map[string]string{config.EnvName: "prod"}, "127.0.0.1:1002",
			"127.0.0.1:3002", false,
		},
		"the environment": {
			[]string{"--config", full},
			map[string]string{config.EnvName: "prod", program.EnvPort: "1003"}, "127.0.0.1:1003",
			"127.0.0.1:3002", false,
		},
		"a flag": {
			[]string{"--config", full, "--port", "1004", "--admin", "127.0.0.1:3004"},
			map[string]string{config.EnvName: "prod", program.EnvPort: "1003"}, "127.0.0.1:1004",
			"127.0.0.1:3004", false,
		},
		"a flag for any port": {
			[]string{"--config", full, "--port", "0"}, map[string]string{program.EnvPort: "1003"},
			"127.0.0.1:0", "127.0.0.1:3001", false,
		},
		"the environment's addresses": {
			[]string{"--config", full}, map[string]string{
				program.EnvAddress: "127.0.0.1:1005", program.EnvAdmin: "127.0.0.1:3005",
			}, "127.0.0.1:1005", "127.0.0.1:3005", false,
		},
		"the environment's address and port": {
			[]string{"--config", plain}, map[string]string{
				program.EnvAddress: "[::1]:1005", program.EnvPort: "1006",
			}, "[::1]:1006", config.DefaultAdminAddress, true,
		},
		"flags over the environment's addresses": {
			[]string{"--config", full, "--port", "1007", "--admin", "127.0.0.1:3007"},
			map[string]string{
				program.EnvAddress: "127.0.0.1:1005", program.EnvAdmin: "127.0.0.1:3005",
			}, "127.0.0.1:1007", "127.0.0.1:3007", false,
		},
		"no admin API": {
			[]string{"--config", full, "--admin", "off"}, nil, "127.0.0.1:1001", config.AdminOff,
			false,
		},
		"a flag over a default": {
			[]string{"--config", plain, "--admin", "127.0.0.1:3004"}, nil, "127.0.0.1:1001",
			"127.0.0.1:3004", false,
		},
	} {
		env := func(name string) string { return c.env[name] }
		var s Settings
		fs := flag.NewFlagSet("test", flag.ContinueOnError)
		s.Bind(fs)
		if err := fs.Parse(c.flags); err != nil {
			t.Fatal(err)
		}
		if err := s.Complete(env); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		// Twice, as a reload does: what overrides the file does so each time.
		for range 2 {
			source, err := s.Load(env, nil)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			d := source.Document
			if d.Listeners[0].Address != c.first || d.Listeners[1].Address != "127.0.0.1:2001" ||
				d.Admin.Address != c.admin || d.Admin.Implicit != c.implicit {
				t.Errorf("%s: listeners on %s and %s, admin on %s (implicit: %v)", name,
					d.Listeners[0].Address, d.Listeners[1].Address, d.Admin.Address,
					d.Admin.Implicit)
			}
		}
	}
}

// What overrides the file is checked together with it.
func TestOverridesAreValidated(t *testing.T) {
	t.Parallel()
	file := write(t, t.TempDir(), "gateway.yaml", settingsFile)
	for name, c := range map[string]struct {
		s    Settings
		want string
	}{
		"the other listener's port": {Settings{Config: file, Port: "2001"}, config.CodeCollision},
		"no address":                {Settings{Config: file, Admin: "nowhere"}, config.CodeAddress},
	} {
		none := func(string) string { return "" }
		if err := c.s.Complete(none); err != nil {
			t.Fatal(err)
		}
		if _, err := c.s.Load(none, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

// A value that is empty, as that of a variable that is not set, is not taken for the default.
func TestAnEmptyFlagIsAnError(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"config", "port", "admin", "tls-cert", "tls-key"} {
		var s Settings
		fs := flag.NewFlagSet("test", flag.ContinueOnError)
		fs.SetOutput(io.Discard)
		s.Bind(fs)
		err := fs.Parse([]string{"--" + name, ""})
		if err == nil || !strings.Contains(err.Error(), "it is empty") {
			t.Errorf("--%s: %v", name, err)
		}
	}
}

func TestAnAddressOfTheEnvironmentIsChecked(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"8080", "127.0.0.1", "http://127.0.0.1:80", "a:b", "a:", "a b:1", "a:70000", "::1",
	} {
		var s Settings
		err := s.Complete(func(name string) string {
			return map[string]string{program.EnvAddress: address}[name]
		})
		if err == nil || !strings.Contains(err.Error(), "GATEWAY_ADDRESS is") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// A node whose listeners come from config-sync has none at the start, and its flags are for the
// first of those that come.
func TestOverridesWaitForListenersOfConfigSync(t *testing.T) {
	t.Parallel()
	none := func(string) string { return "" }
	dir := t.TempDir()
	file := write(t, dir, "node.yaml",
		"version: 1\nconfig_sync: {address: '127.0.0.1:1', node: a, "+
			"cache: cache}\n")
	s := Settings{Config: file, Port: "1005"}
	if _, err := s.Load(none, nil); err != nil {
		t.Errorf("without a listener: %v", err)
	}
	source, err := s.Load(none, &config.Published{Revision: 1, Data: []byte(settingsFile)})
	if err != nil || source.Document.Listeners[0].Address != "127.0.0.1:1005" {
		t.Errorf("with one that was published: %v, %v", source.Document, err)
	}
	bare := write(t, dir, "tcp.yaml", "version: 1\nhealthagg: {address: '127.0.0.1:0'}\n")
	if _, err := (&Settings{Config: bare, Port: "1"}).Load(none, nil); err == nil ||
		!strings.Contains(err.Error(), "there is no listener") {
		t.Errorf("without a listener, for good: %v", err)
	}
}

func TestSettingsThatAreNone(t *testing.T) {
	t.Parallel()
	http := []string{config.ProtocolHTTP}
	for name, c := range map[string]struct {
		s    Settings
		env  map[string]string
		want string // "" is no error
	}{
		"nothing":      {Settings{}, nil, ""},
		"port, a word": {Settings{Port: "http"}, nil, `"http"`},
		"a key alone": {
			Settings{Protocols: http, TLSKey: "k"}, nil, "give both",
		},
		"a certificate where TLS does not end": {
			Settings{Protocols: []string{config.ProtocolTCP}, TLSCert: "c", TLSKey: "k"}, nil,
			"edge ends TLS",
		},
		"port, too large": {Settings{Port: "65536"}, nil, "65536"},
		"port, negative":  {Settings{Port: "-1"}, nil, "-1"},
		"port, from env": {
			Settings{}, map[string]string{program.EnvPort: "x"}, program.EnvPort,
		},
		"a flag beats env": {
			Settings{Port: "1"}, map[string]string{program.EnvPort: "x"}, "",
		},
	} {
		err := c.s.Complete(func(name string) string { return c.env[name] })
		if c.want == "" && err != nil ||
			c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
