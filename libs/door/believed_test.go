package door_test

import (
	"net/netip"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/door"
)

// Who may send PROXY headers is one list, and whose X-Forwarded-* count another, which stands in
// for the first where that is empty.
func TestWhosePROXYHeadersAreBelieved(t *testing.T) {
	const listener = `{version: 1, routes: [], listeners: [{name: a, address: ":1", ` +
		`proxy_protocol: true, `
	for _, tc := range []struct {
		keys, peer string
		want       bool
	}{
		{"", "192.0.2.1", true},
		{"proxy_protocol_from: [], trusted_proxies: []", "192.0.2.1", true},
		{"trusted_proxies: [10.0.0.0/8]", "10.1.2.3", true},
		{"trusted_proxies: [10.0.0.0/8]", "192.0.2.1", false},
		{"proxy_protocol_from: [], trusted_proxies: [10.0.0.0/8]", "192.0.2.1", false},
		{"proxy_protocol_from: [192.0.2.0/24], trusted_proxies: [10.0.0.0/8]", "192.0.2.1", true},
		{"proxy_protocol_from: [192.0.2.0/24], trusted_proxies: [10.0.0.0/8]", "10.1.2.3", false},
		{"proxy_protocol_from: [192.0.2.0/24]", "::ffff:192.0.2.1", true},
		{`proxy_protocol_from: ["::ffff:192.0.2.0/120"]`, "192.0.2.1", true},
		{`proxy_protocol_from: ["::ffff:0.0.0.0/96"]`, "192.0.2.1", true},
		{`proxy_protocol_from: ["::ffff:0.0.0.0/96"]`, "2001:db8::1", false},
		{`proxy_protocol_from: ["fe80::/10"]`, "fe80::1%eth0", true},
		{`proxy_protocol_from: ["::/0"]`, "192.0.2.1", false},
	} {
		d, problems := config.Decode("gateway.yaml", []byte(listener+tc.keys+"}]}"))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		l := &d.Listeners[0]
		if got := door.Believes(l, netip.MustParseAddr(tc.peer)); got != tc.want {
			t.Errorf("{%s} %s: %v, want %v", tc.keys, tc.peer, got, tc.want)
		}
	}
	if !door.Believes(new(config.Listener), netip.Addr{}) {
		t.Error("a listener without lists believes nobody")
	}
}
