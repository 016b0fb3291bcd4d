package tls_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// hopsEdge has a listener for each way to say who is believed. Its answers say by X-Route whether
// the client is of 192.0.2.0/24, and by X-Chain what the endpoint got as X-Forwarded-For.
const hopsEdge = `
version: 1
listeners:
  - {name: both, address: "127.0.0.1:0", proxy_protocol: true, proxy_protocol_from: ["::ffff:127.0.0.0/104"], trusted_proxies: [10.0.0.0/8, "fd00::/8"]}
  - {name: one, address: "127.0.0.1:0", proxy_protocol: true, trusted_proxies: [127.0.0.0/8, "::ffff:10.0.0.0/104", "fd00::/8"]}
  - {name: none, address: "127.0.0.1:0", proxy_protocol: true, proxy_protocol_from: [127.0.0.1/32]}
  - {name: strangers, address: "127.0.0.1:0", proxy_protocol: true, proxy_protocol_from: [10.0.0.0/8], trusted_proxies: [127.0.0.0/8]}
  - {name: plain, address: "127.0.0.1:0", trusted_proxies: [127.0.0.0/8, 10.0.0.0/8, "fd00::/8"]}
clusters: [{name: up, endpoints: [{address: "%s"}]}]
routes:
  - {name: any, cluster: up, headers: {response: {set: {X-Route: any}}}}
  - {name: seen, cluster: up, when: {clients: [192.0.2.0/24, "::ffff:198.51.100.0/120"]}, headers: {response: {set: {X-Route: seen}}}}
admin: {address: "127.0.0.1:0"}
`

// trusts is which ranges of proxies the X-Forwarded-For of a listener is believed from.
var trusts = map[string][]string{
	"both": {"10.0.0.0/8", "fd00::/8"}, "one": {"127.0.0.0/8", "10.0.0.0/8", "fd00::/8"},
	"none": nil, "plain": {"127.0.0.0/8", "10.0.0.0/8", "fd00::/8"},
}

func in(ranges []string, a netip.Addr) bool {
	for _, r := range ranges {
		if netip.MustParsePrefix(r).Contains(a) {
			return true
		}
	}
	return false
}

// Whatever hops a request has come over, by PROXY headers and by X-Forwarded-For: the client is the
// first that none vouches for, seen from here, and nothing goes on that nobody vouches for.
func TestHopsOfEveryKind(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, func(c *testkit.Conn) {
		for {
			r, err := c.Request()
			if err != nil || c.Send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Chain: "+
				strings.Join(r.Fields.Values("X-Forwarded-For"), " | ")+"\r\n\r\n") != nil {
				return
			}
		}
	})
	e := testkit.StartEdge(t, fmt.Sprintf(hopsEdge, up.Addr()))
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	addresses := []string{
		"192.0.2.1", "198.51.100.9", "203.0.113.7", "10.1.2.3", "10.9.9.9", "127.0.0.1",
		"fd00::1", "2001:db8::1",
	}
	one := func() string { return addresses[r.IntN(len(addresses))] }
	for i := range 300 {
		listener := []string{"both", "one", "none", "plain"}[r.IntN(4)]
		header, remote := "", netip.MustParseAddr("127.0.0.1")
		if listener != "plain" {
			header, remote = anyHeader(r, one(), remote)
		}
		chain, lines := anyChain(r, one)
		c, err := testkit.DialTimeout(e.Addr(listener), testkit.Deadline)
		if err != nil {
			t.Fatal(err)
		}
		answer := c.Exchange(t, "GET", header+"GET / HTTP/1.1\r\nHost: a.test\r\n"+lines+"\r\n")
		c.Close()

		client, want := remote, remote.String()
		if in(trusts[listener], remote) {
			want = strings.Join(append(append([]string{}, chain...), want), ", ")
			for j := len(chain) - 1; j >= 0 && in(trusts[listener], client); j-- {
				a, ok := hop(chain[j])
				if !ok {
					break
				}
				client = a
			}
		}
		route := "any"
		if in([]string{"192.0.2.0/24", "198.51.100.0/24"}, client) {
			route = "seen"
		}
		if got := answer.Fields.Get("X-Chain"); answer.Status != 200 || got != want {
			t.Errorf("%d (seed %d): %s, %q, %q: %d, X-Forwarded-For %q, want %q", i, seed, listener,
				header, lines, answer.Status, got, want)
		}
		if got := answer.Fields.Get("X-Route"); got != route {
			t.Errorf("%d (seed %d): %s, %q, %q: the client is %q, want %q (%s)", i, seed, listener,
				header, lines, got, route, client)
		}
	}
	// To be trusted with X-Forwarded-For is not to be trusted with PROXY headers.
	c := testkit.Dial(t, e.Addr("strangers"))
	_ = c.Send(v1("192.0.2.1:1", "192.0.2.2:2") + "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
	if answer, err := c.Rest(); err == nil && answer != "" {
		t.Errorf("a peer that is not believed is answered %q", answer)
	}
}

// anyHeader is some PROXY header about a client, and the address that the client has by it.
func anyHeader(r *rand.Rand, client string, own netip.Addr) (header string, remote netip.Addr) {
	a := netip.MustParseAddr(client)
	from, to := netip.AddrPortFrom(a, 4711).String(), "198.51.100.200:443"
	if a.Is6() {
		to = "[2001:db8::200]:443"
	}
	switch r.IntN(8) {
	case 0:
		return "PROXY UNKNOWN\r\n", own
	case 1:
		return "PROXY UNKNOWN " + client + " " + client + " 1 2\r\n", own
	case 2:
		return v2("", ""), own
	case 3:
		return unspecified, own
	case 4:
		if a.Is4() {
			return "PROXY TCP6 ::ffff:" + client + " ::ffff:198.51.100.200 4711 443\r\n", a
		}
	case 5:
		return v1(from, to), a
	case 6: // of two families, so that the IPv4 one is written as IPv6
		return v2(from, "[2001:db8::200]:443"), a
	}
	return v2(from, to), a
}

// anyChain is up to five hops, and the header lines that say so.
func anyChain(r *rand.Rand, address func() string) (chain []string, lines string) {
	for range r.IntN(4) {
		var line []string
		for range 1 + r.IntN(3) {
			a := netip.MustParseAddr(address())
			entry := a.String()
			switch {
			case r.IntN(12) == 0:
				entry = "unknown"
			case r.IntN(6) == 0:
				entry = netip.AddrPortFrom(a, 99).String()
			case r.IntN(4) == 0 && a.Is4():
				entry = "::ffff:" + entry
			case r.IntN(4) == 0 && a.Is6():
				entry = "[" + entry + "]"
			}
			line = append(line, entry)
		}
		chain = append(chain, line...)
		lines += "X-Forwarded-For: " + strings.Join(line, ", ") + "\r\n"
	}
	return chain, lines
}

// hop is the address of an entry of X-Forwarded-For.
func hop(entry string) (netip.Addr, bool) {
	if p, err := netip.ParseAddrPort(entry); err == nil {
		return p.Addr().Unmap(), true
	}
	a, err := netip.ParseAddr(strings.Trim(entry, "[]"))
	return a.Unmap(), err == nil
}
