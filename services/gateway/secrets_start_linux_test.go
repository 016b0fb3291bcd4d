package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// Whatever is given as the key of a pair, or as its certificate or authority, a program that starts
// with it, or does not start, shows nothing of it.
func TestAStartWithABadKeyTellsNothingOfIt(t *testing.T) {
	t.Parallel()
	const pair = "cert: \"secret:env:CERT\", key: \"secret:REF\""
	edge := "version: 1\nlisteners: [{name: public, address: \"127.0.0.1:0\",\n" +
		"  tls: {certificates: [{" + pair + "}], client_ca: \"secret:env:CA\"}}]\n" +
		"clusters: [{name: users, protocol: h2, endpoints: [{address: \"127.0.0.1:1\"}],\n" +
		"  security: {mode: mtls, ca: \"secret:env:CA\", " + pair + "}}]\n" +
		"routes: [{name: all, cluster: users}]\nadmin: {address: \"127.0.0.1:0\"}\n"
	documents := map[string]string{
		"edge": edge, "gateway": edge,
		"relay": "version: 1\nlisteners: [{name: public, address: \"127.0.0.1:0\",\n" +
			"  protocol: tcp, cluster: users}]\n" +
			"clusters: [{name: users, endpoints: [{address: \"127.0.0.1:1\"}],\n" +
			"  security: {mode: mtls, ca: \"secret:env:CA\", " + pair + "}}]\n" +
			"admin: {address: \"127.0.0.1:0\"}\n",
		"healthagg": "version: 1\nadmin: {address: \"127.0.0.1:0\"}\n" +
			"gossip: {bind: \"127.0.0.1:0\"}\nhealthagg: {address: \"127.0.0.1:0\",\n" +
			"  tls: {certificates: [{" + pair + "}], client_ca: \"secret:env:CA\"}}\n",
	}
	authority := testkit.NewAuthority(t)
	leaf, other := authority.Leaf(t, nil, "front.test"), authority.Leaf(t, nil, "other.test")
	for _, program := range programs(t) {
		document := documents[program.name]
		if document == "" {
			continue // config-sync has files, and no secrets
		}
		path, err := program.find()
		if err != nil {
			t.Fatal(err)
		}
		for name, text := range badKeys(string(leaf.Key), string(other.Key)) {
			for _, place := range []string{
				"the key", "a file", "the certificate", "the authority",
			} {
				t.Run(program.name+", "+name+" as "+place, func(t *testing.T) {
					t.Parallel()
					p := &planted{t: t, dir: t.TempDir(), values: map[string]string{}}
					given := map[string]string{
						"CA": string(authority.PEM), "CERT": string(leaf.Cert),
						"KEY": string(leaf.Key),
					}
					ref := "env:KEY"
					switch place {
					case "the key":
						given["KEY"] = text
					case "a file":
						ref = "file:key"
						err := os.WriteFile(filepath.Join(p.dir, "key"), []byte(text), 0o600)
						if err != nil {
							t.Fatal(err)
						}
					case "the certificate":
						given["CERT"] = text
					case "the authority":
						given["CA"] = text
					}
					p.lines("bad", text)
					for name, text := range given {
						p.pem(name, []byte(text))
					}
					file := filepath.Join(p.dir, "gateway.yaml")
					config := strings.ReplaceAll(document, "REF", ref)
					if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
						t.Fatal(err)
					}
					cmd := clean(t, p.dir, exec.Command(path, append(append([]string{},
						program.verb...), "--config", file, "--log-level", "debug")...))
					cmd.Env = append(cmd.Env, p.env...)
					run := launch(t, cmd)
					run.says(`ready|E_[A-Z]+`)
					if strings.Contains(run.said(), "msg=ready") {
						run.end(syscall.SIGTERM, 0)
					}
					run.wait()
					p.absent("stderr", run.said())
					p.absent("stdout", run.stdout.String())
					if !strings.Contains(run.said(), "secret:") {
						t.Errorf("the reference is not named: %s", run.said())
					}
					if program.name != "edge" {
						return // the command line looks at all documents in one way
					}
					for _, args := range [][]string{
						{"config", "validate", file}, {"config", "validate", "--json", file},
						{"config", "show", file},
					} {
						p.absent("gateway "+strings.Join(args, " "), p.run(args...))
					}
				})
			}
		}
	}
}
