package clients

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

func prefixes(texts ...string) (out []netip.Prefix) {
	for _, s := range texts {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

func made(t testing.TB, allow, deny []netip.Prefix) *Policy {
	t.Helper()
	p, err := New(&config.Route{Clients: &config.RouteAddresses{Allow: allow, Deny: deny}})
	if err != nil {
		t.Fatal(err)
	}
	return p.(*Policy)
}

func TestARouteForEveryAddressHasNoPolicy(t *testing.T) {
	for _, c := range []*config.Route{{}, {Clients: &config.RouteAddresses{}}} {
		if p, err := New(c); p != nil || err != nil {
			t.Errorf("it has %v, %v", p, err)
		}
	}
}

func TestAddressesAreAllowedAndDenied(t *testing.T) {
	for _, tc := range []struct{ allow, deny, client, rule string }{
		{"10.0.0.0/8", "", "10.1.2.3", ""},
		{"10.0.0.0/8", "", "11.1.2.3", "clients.allow: none has 11.1.2.3"},
		{"10.0.0.0/8", "", "fd00::1", "clients.allow: none has fd00::1"},
		{"10.0.0.0/8", "10.9.0.0/16", "10.9.1.1", "clients.deny: 10.9.0.0/16 has 10.9.1.1"},
		{"10.9.1.1/32", "10.9.0.0/16", "10.9.1.1", "clients.deny: 10.9.0.0/16 has 10.9.1.1"},
		{"", "10.9.0.0/16", "10.8.1.1", ""}, {"", "0.0.0.0/0", "fd00::1", ""},
		{"", "::/0", "10.8.1.1", ""}, {"fd00::/8", "fd00::1/128", "fd00::2", ""},
	} {
		p := made(t, prefixes(strings.Fields(tc.allow)...), prefixes(strings.Fields(tc.deny)...))
		r := policy.Request{Client: netip.AddrPortFrom(netip.MustParseAddr(tc.client), 1)}
		a := p.OnRequest(&r)
		if (a != nil) != (tc.rule != "") {
			t.Errorf("%+v: %+v", tc, a)
		} else if a != nil && (a.Code != gwerr.Forbidden || a.Rule != tc.rule ||
			strings.Contains(a.Message, tc.client)) {
			t.Errorf("%+v: %+v", tc, a)
		}
	}
}

// Long lists are searched in another way than short ones, with the same outcome.
func TestLongListsSayTheSame(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	address := func() netip.Addr {
		if r.IntN(2) == 0 {
			return netip.AddrFrom4([4]byte{10, byte(r.IntN(4)), byte(r.IntN(4)), byte(r.IntN(4))})
		}
		return netip.AddrFrom16([16]byte{0: 0xfd, 14: byte(r.IntN(4)), 15: byte(r.IntN(4))})
	}
	found := 0
	for range 200 {
		list := make([]netip.Prefix, few+1+r.IntN(20))
		for i := range list {
			a := address()
			list[i] = netip.PrefixFrom(a, a.BitLen()-r.IntN(6))
		}
		long, short := newRanges(list), ranges{list: list}
		for range 50 {
			a := address()
			_, got := long.find(a)
			if _, want := short.find(a); got != want {
				t.Fatalf("%v has %v: %t, want %t", list, a, got, want)
			}
			if got {
				found++
			}
		}
	}
	if found == 0 || found == 200*50 {
		t.Errorf("%d were found: nothing was tried", found)
	}
}

// A client behind any chain of proxies is judged by the address that the first of them which is
// not trusted was asked from. What it wrote itself into the field changes nothing.
func TestTheAddressOfEveryChain(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	trusted := prefixes("192.0.2.0/24", "2001:db8::/32")
	proxy := func() netip.Addr {
		if r.IntN(2) == 0 {
			return netip.AddrFrom4([4]byte{192, 0, 2, byte(r.IntN(256))})
		}
		return netip.MustParseAddr(fmt.Sprintf("2001:db8::%x", r.IntN(0xffff)))
	}
	written := func(a netip.Addr) string {
		switch {
		case r.IntN(4) == 0:
			return netip.AddrPortFrom(a, 4711).String()
		case a.Is6() && r.IntN(2) == 0:
			return "[" + a.String() + "]"
		}
		return a.String()
	}
	lies := []string{"10.0.0.1", "10.9.0.1", "192.0.2.1", "unknown", "", "a b", "10.0.0.1, x"}
	p := made(t, prefixes("10.0.0.0/8"), prefixes("10.9.0.0/16"))
	outcomes := map[bool]int{}
	for i := range 5000 {
		client := netip.AddrFrom4([4]byte{10, byte(8 + r.IntN(2)), 0, byte(r.IntN(256))})
		if r.IntN(3) == 0 {
			client = netip.AddrFrom4([4]byte{203, 0, 113, byte(r.IntN(256))})
		}
		var entries []string // each proxy adds whom it was asked by
		for range r.IntN(3) {
			entries = append(entries, lies[r.IntN(len(lies))])
		}
		peer := client
		for range r.IntN(5) {
			entries = append(entries, written(peer))
			peer = proxy()
		}
		head := headWith(t, r, entries)
		request := policy.Request{Head: head, Client: netip.AddrPortFrom(peer, 1)}
		if slices.ContainsFunc(trusted, func(n netip.Prefix) bool { return n.Contains(peer) }) {
			request.Trusted = trusted
		}
		want := client.Is4() && client.As4()[0] == 10 && client.As4()[1] != 9
		if got := p.OnRequest(&request) == nil; got != want {
			t.Fatalf("chain %d: %v asks through %q from %v: let through: %t, want %t", i, client,
				entries, peer, got, want)
		}
		outcomes[want]++
	}
	if outcomes[true] < 100 || outcomes[false] < 100 {
		t.Errorf("the outcomes are %v: too little was tried", outcomes)
	}
}

// headWith is a request whose entries of X-Forwarded-For are in one field or several.
func headWith(t *testing.T, r *rand.Rand, entries []string) *http1.RequestHead {
	t.Helper()
	var b strings.Builder
	b.WriteString("GET / HTTP/1.1\r\nHost: a.test\r\n")
	for i := 0; i < len(entries); {
		n := 1 + r.IntN(len(entries)-i)
		b.WriteString("X-Forwarded-For: " + strings.Join(entries[i:i+n], ",") + "\r\n")
		i += n
	}
	b.WriteString("\r\n")
	head := new(http1.RequestHead)
	head.Reset(http1.Limits{})
	if _, err := head.Parse([]byte(b.String())); err != nil {
		t.Fatal(err)
	}
	return head
}

func TestAClientThatMayUseTheRouteCostsNoMemory(t *testing.T) {
	p := made(t, prefixes("10.0.0.0/8"), prefixes("10.9.0.0/16"))
	r := policy.Request{Client: netip.MustParseAddrPort("10.0.0.1:1")}
	if n := testing.AllocsPerRun(100, func() {
		if p.OnRequest(&r) != nil {
			t.Error("it is refused")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
