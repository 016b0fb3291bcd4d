package policy

import (
	"net/netip"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/placeholder"
	"github.com/gatewayhomebrew/gateway/libs/tlsconf"
)

// told is a request of which everything is known.
func told(t *testing.T, lines string) *Request {
	t.Helper()
	r := &Request{
		Head: new(http1.RequestHead), ID: []byte("id"), Listener: "public", Route: "r",
		Cluster: "c", Endpoint: "127.0.0.1:9000", TLSVersion: "1.3", ServerName: "a.test\n",
		Client: netip.MustParseAddrPort("192.0.2.1:4711"), Scheme: "https",
		Certificate: &tlsconf.Identity{
			Subject: "CN=a%\r\n", Hash: "ab", DNS: []string{"x", "y"},
			URIs: []string{"s:a,b", "s:c"},
		},
	}
	r.Head.Reset(http1.Limits{})
	if _, err := r.Head.Parse([]byte("GET /a?b=c HTTP/1.1\r\nHost: a.test:80\r\n" + lines +
		"\r\n")); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestARequestKnowsWhatPlaceholdersStandFor(t *testing.T) {
	r := told(t, "oRIGIN: https://b.test\r\n")
	for text, want := range map[string]string{
		"{client.address}": "192.0.2.1", "{client.port}": "4711",
		"{client.certificate.subject}":     "CN=a%25%0D%0A",
		"{client.certificate.fingerprint}": "ab", "{client.certificate.dns}": "x,y",
		"{client.certificate.uri}": "s:a%2Cb,s:c", "{request.id}": "id",
		"{request.host}": "a.test:80", "{request.method}": "GET", "{request.scheme}": "https",
		"{request.path}": "/a", "{request.query}": "b=c", "{listener}": "public", "{route}": "r",
		"{cluster}": "c", "{endpoint}": "127.0.0.1:9000", "{tls.version}": "1.3",
		"{tls.server_name}": "a.test%0A",
	} {
		tpl, err := placeholder.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(tpl.Append(nil, r)); got != want {
			t.Errorf("%s is %q, want %q", text, got, want)
		}
	}
	if got := string(r.AppendPlaceholder(nil, placeholder.RequestOrigin)); got != "https://b.test" {
		t.Errorf("the origin is %q", got)
	}
}

// A trusted proxy tells the client's address, and not its port.
func TestThePortIsThatOfTheAddress(t *testing.T) {
	r := told(t, "X-Forwarded-For: 10.0.0.1\r\n")
	r.Trusted = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	if got := string(r.AppendPlaceholder(nil, placeholder.ClientAddress)); got != "10.0.0.1" {
		t.Errorf("the address is %q", got)
	}
	if got := string(r.AppendPlaceholder(nil, placeholder.ClientPort)); got != "" {
		t.Errorf("the port is %q", got)
	}
}

func TestNothingIsAllocatedForPlaceholders(t *testing.T) {
	r := told(t, "Origin: null\r\n")
	dst := make([]byte, 0, 1024)
	if n := testing.AllocsPerRun(100, func() {
		dst = dst[:0]
		for n := placeholder.ClientAddress; n <= placeholder.RequestOrigin; n++ {
			dst = r.AppendPlaceholder(dst, n)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
