package config_test

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/config/changes"
)

func TestGossipKeysAreBase64OrHexadecimal(t *testing.T) {
	raw := []byte("0123456789abcdef\xff\xfe\xfd?\x00>~~89abcdef")
	for _, n := range []int{16, 24, 32} {
		key := raw[len(raw)-n:]
		for _, text := range []string{
			hex.EncodeToString(key), strings.ToUpper(hex.EncodeToString(key)),
			base64.StdEncoding.EncodeToString(key),
			base64.RawStdEncoding.EncodeToString(key), base64.URLEncoding.EncodeToString(key),
			base64.RawURLEncoding.EncodeToString(key),
		} {
			if got := config.GossipKey(text); string(got) != string(key) {
				t.Errorf("%q is %x, want %x", text, got, key)
			}
		}
	}
	for _, text := range []string{"", "hunter2", hex.EncodeToString(raw[:15]),
		base64.StdEncoding.EncodeToString(raw[:17]), string(raw[:16]),
		hex.EncodeToString(raw) + "00"} {
		if got := config.GossipKey(text); got != nil {
			t.Errorf("%q is taken for a key of %d bytes", text, len(got))
		}
	}
}

// Off loopback a ring without a key believes everybody.
func TestGossipNeedsAKeyOffLoopback(t *testing.T) {
	for bind, needs := range map[string]bool{
		"127.0.0.1:7946": false, "127.3.2.1:7946": false, "[::1]:7946": false,
		"localhost:7946": false, "127.0.0.1:0": false,
		"10.0.0.5:7946": true, "0.0.0.0:7946": true, ":7946": true, "edge-1.internal:7946": true,
		"localhost.example.com:7946": true,
	} {
		d := config.New()
		d.Gossip = &config.Gossip{Bind: bind}
		missing := false
		for _, p := range config.Validate(d) {
			missing = missing || p.Path == "gossip.key" && p.Code == config.CodeMissing
		}
		if missing != needs {
			t.Errorf("bound to %s, a missing key is a problem: %t", bind, missing)
		}
		d.Gossip.Key = "MDEyMzQ1Njc4OWFiY2RlZg=="
		for _, p := range config.Validate(d) {
			if strings.HasPrefix(p.Path, "gossip") {
				t.Errorf("bound to %s with a key: %v", bind, p)
			}
		}
	}
}

func TestGossipKeysAreNeverShown(t *testing.T) {
	old, new := config.New(), config.New()
	old.Gossip = &config.Gossip{Bind: "127.0.0.1:1", Key: "hunter1",
		AcceptKeys: []string{"hunter2"}}
	new.Gossip = &config.Gossip{Bind: "127.0.0.1:1", Key: "hunter2",
		AcceptKeys: []string{"hunter1", "hunter3"}}
	shown := string(config.Show(new)) + strings.Join(changes.Diff(old, new).Other, "\n")
	if strings.Contains(shown, "hunter") || !strings.Contains(shown, "accept_keys") {
		t.Errorf("a key is shown: %s", shown)
	}
}

// A node that leaves checks to aggregators and is in no ring would go without any, and not know.
func TestChecksOfAggregatorsTakeGossip(t *testing.T) {
	for from, needs := range map[string]bool{config.ChecksNode: false,
		config.ChecksAggregator: true} {
		for _, gossip := range []string{"", "gossip: {bind: \"127.0.0.1:7946\"}\n"} {
			_, ps := config.Options{}.Decode("gateway.yaml", []byte("version: 1\nlisteners: "+
				"[{name: public, address: \"127.0.0.1:0\"}]\nroutes: [{name: all, cluster: "+
				"shop}]\n"+gossip+
				"clusters: [{name: shop, endpoints: [{address: \"127.0.0.1:1\"}], health: "+
				"{active: {from: "+from+"}}}]\n"))
			refused := len(ps) == 1 && ps[0].Path == "clusters[0].health.active.from" &&
				ps[0].Code == config.CodeConflict
			if refused != (needs && gossip == "") || len(ps) > 0 && !refused {
				t.Errorf("from %s, with %q: %v", from, gossip, ps)
			}
		}
	}
}
