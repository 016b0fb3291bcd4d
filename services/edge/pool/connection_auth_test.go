// Package pool_test tests which connections to endpoints the edge uses for whom, and for how
// long.
package pool_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// clientProtocols and clusterProtocols are all that an edge speaks.
var (
	clientProtocols  = []string{"HTTP/1.1", "HTTP/1.1 over TLS", "HTTP/2", "HTTP/2 over TLS"}
	clusterProtocols = []string{"http1", "h2c", "h2"}
)

// A domain is an endpoint that knows who a connection is, as one with NTLM does: after legs
// requests with credentials the connection is their user's, and all that comes on it.
type domain struct {
	challenge http.Header // of a 401, or another status
	status    int
	legs      int

	mu    sync.Mutex
	steps map[string]int    // requests with credentials, by connection
	users map[string]string // by connection
}

func newDomain(status, legs int, challenge http.Header) *domain {
	return &domain{
		challenge: challenge, status: status, legs: legs,
		steps: map[string]int{}, users: map[string]string{},
	}
}

func (d *domain) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	conn := r.RemoteAddr
	_, _ = io.Copy(io.Discard, r.Body)
	if scheme, user, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok &&
		!strings.EqualFold(scheme, "Basic") {
		if d.steps[conn]++; d.steps[conn] >= d.legs {
			d.users[conn] = user
		}
	}
	w.Header().Set("X-Connection", conn)
	if d.users[conn] == "" {
		for name, values := range d.challenge {
			w.Header()[name] = values
		}
		w.WriteHeader(d.status)
	}
	fmt.Fprint(w, d.users[conn])
}

// A caller is a client with a connection of its own to a front.
type caller struct {
	*http.Client
	front *testkit.Front
	base  string
}

func newCaller(t testing.TB, f *testkit.Front, protocol string) *caller {
	c, base := edgetest.ClientOf(t, f.Authority, f.Process, protocol)
	return &caller{c, f, base}
}

// A reply is what a client learns: for whom an endpoint takes it.
type reply struct {
	status     int
	user       string
	connection string
}

// get sends a request, with credentials unless they are empty. It returns when the edge has done
// with it, which is a little after the client has its answer.
func (c *caller) get(t testing.TB, credentials string) reply {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", c.base+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if credentials != "" {
		r.Header.Set("Authorization", credentials)
	}
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "the connection to the endpoint is idle", func() bool {
		for _, e := range edgetest.Status(t, c.front.Process).Clusters[0].Endpoints {
			if e.ActiveConnections > 0 {
				return false
			}
		}
		return true
	})
	return reply{resp.StatusCode, string(body), resp.Header.Get("X-Connection")}
}

// onEach runs a test for each pair of protocols.
func onEach(t *testing.T, test func(t *testing.T, client, cluster string)) {
	for _, client := range clientProtocols {
		for _, cluster := range clusterProtocols {
			t.Run(strings.ReplaceAll(client+" to "+cluster, "/", "-"), func(t *testing.T) {
				t.Parallel()
				test(t, client, cluster)
			})
		}
	}
}

// A connection that one client has authenticated never serves another, and goes on to serve the
// first.
func TestAnAuthenticatedConnectionServesItsClientOnly(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, client, cluster string) {
		authority := testkit.NewAuthority(t)
		d := newDomain(401, 1, http.Header{"Www-Authenticate": {"NTLM"}})
		address := edgetest.Serve(t, authority, cluster, d)
		f := testkit.StartFront(t, authority, testkit.Cluster{Address: address, Protocol: cluster})
		a := newCaller(t, f, client)
		b := newCaller(t, f, client)
		if r := a.get(t, ""); r.status != 401 {
			t.Fatalf("before it has authenticated a client is answered %+v", r)
		}
		mine := a.get(t, "NTLM alice")
		if mine.user != "alice" {
			t.Fatalf("a client that authenticates is answered %+v", mine)
		}
		for i := range 10 {
			if r := b.get(t, ""); r.status != 401 || r.connection == mine.connection {
				t.Fatalf("request %d of another client is answered %+v", i, r)
			}
			if r := a.get(t, ""); r != mine {
				t.Fatalf("request %d after it has authenticated is answered %+v, want %+v",
					i, r, mine)
			}
		}
		if r := b.get(t, "NTLM bob"); r.user != "bob" {
			t.Errorf("another client that authenticates is answered %+v", r)
		}
		if r := a.get(t, ""); r != mine {
			t.Errorf("after another has authenticated the first is answered %+v", r)
		}
		// The connections end with their clients.
		a.CloseIdleConnections()
		b.CloseIdleConnections()
		testkit.Eventually(t, "the clients' connections have ended", func() bool {
			return f.Metrics(t)[`gateway_active_connections{listener="`+
				listenerOf(client)+`"}`] == 0
		})
		if r := a.get(t, ""); r.status != 401 {
			t.Errorf("a new connection is answered %+v", r)
		}
	})
}

func listenerOf(client string) string {
	if strings.HasSuffix(client, "TLS") {
		return "tls"
	}
	return "plain"
}

// Whatever the form of the challenge or of the credentials.
func TestEveryFormOfConnectionBoundAuthentication(t *testing.T) {
	t.Parallel()
	www := func(values ...string) http.Header { return http.Header{"Www-Authenticate": values} }
	cases := map[string]struct {
		status      int
		challenge   http.Header
		credentials string // "": the endpoint takes the client for somebody without any
	}{
		"ntlm":               {401, www("NTLM"), "NTLM u"},
		"lower case":         {401, www("ntlm"), "ntlm u"},
		"mixed case":         {401, www("nTLm"), "NtLM u"},
		"negotiate":          {401, www("Negotiate"), "Negotiate u"},
		"negotiate, lower":   {401, www("negotiate"), "nEGOTIATE u"},
		"with a token":       {401, www("NTLM TlRMTVNTUAACAAAA"), "NTLM u"},
		"second in a list":   {401, www(`Basic realm="a, b", NTLM`), "NTLM u"},
		"after a quote":      {401, www(`Digest realm="x\", y", nonce="N", Negotiate`), "NTLM u"},
		"first in a list":    {401, www(`Negotiate, Basic realm="x"`), "Negotiate u"},
		"in the last field":  {401, www(`Basic realm="x"`, "Bearer", "Negotiate"), "NTLM u"},
		"of a proxy":         {407, http.Header{"Proxy-Authenticate": {"NTLM"}}, "NTLM u"},
		"unasked":            {200, nil, "NTLM u"},
		"asked otherwise":    {401, www(`Basic realm="x"`), "Negotiate u"},
		"403 in between":     {403, nil, "NTLM u"},
		"with many spaces":   {401, www("  NTLM  "), "NTLM   u"},
		"after empty parts":  {401, www(", ,NTLM"), "NTLM u"},
		"an open quote":      {401, www(`Basic realm="x, NTLM`), "NTLM u"},
		"Negotiate with b64": {401, www("Negotiate oYG2MIGzoAMKAQCh=="), "Negotiate u"},
	}
	authority := testkit.NewAuthority(t)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDomain(c.status, 1, c.challenge)
			address := edgetest.Serve(t, authority, "http1", d)
			f := testkit.StartFront(t, authority, testkit.Cluster{Address: address})
			alice := newCaller(t, f, "HTTP/1.1")
			bob := newCaller(t, f, "HTTP/1.1")
			asked := alice.get(t, "")
			mine := alice.get(t, c.credentials)
			if strings.TrimSpace(mine.user) != "u" {
				t.Fatalf("with credentials the answer is %+v", mine)
			}
			for range 3 {
				if r := bob.get(t, ""); r.user != "" || r.connection == mine.connection {
					t.Fatalf("another client is answered %+v", r)
				}
				if r := alice.get(t, ""); r != mine {
					t.Fatalf("the same client is answered %+v, want %+v", r, mine)
				}
			}
			if c.challenge != nil && !strings.HasPrefix(name, "asked") &&
				asked.connection != mine.connection {
				t.Error("the connection that asked is another than the one that is answered")
			}
		})
	}
}

// A handshake of three requests stays on one connection, though there are two endpoints, and
// others send in between.
func TestAHandshakeStaysOnItsConnection(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, client, cluster string) {
		authority := testkit.NewAuthority(t)
		challenge := http.Header{"Www-Authenticate": {"Negotiate", "NTLM"}}
		first, second := newDomain(401, 2, challenge), newDomain(401, 2, challenge)
		f := testkit.StartFront(t, authority, testkit.Cluster{
			Address: edgetest.Serve(t, authority, cluster, first),
			Second:  edgetest.Serve(t, authority, cluster, second), Protocol: cluster,
		})
		for i := range 4 {
			c := newCaller(t, f, client)
			other := newCaller(t, f, client)
			user := fmt.Sprint("user", i)
			c.get(t, "")
			other.get(t, "")
			if r := c.get(t, "NTLM "+user); r.status != 401 {
				t.Fatalf("after the first of two messages the answer is %+v", r)
			}
			other.get(t, "")
			mine := c.get(t, "NTLM "+user)
			if mine.user != user {
				t.Fatalf("after the second of two messages the answer is %+v", mine)
			}
			for range 3 {
				if r := other.get(t, ""); r.user != "" {
					t.Fatalf("another client is answered %+v", r)
				}
				if r := c.get(t, ""); r != mine {
					t.Fatalf("the client is answered %+v, want %+v", r, mine)
				}
			}
		}
	})
}

// Other schemes, which stand for a request each, bind nothing.
func TestOtherSchemesShareConnections(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	for _, challenge := range []string{
		`Basic realm="NTLM, Negotiate"`, `Bearer realm="x", scope="Negotiate"`,
		`Digest realm="\"NTLM, NTLM", nonce="x"`, "NTLMv3", "X-Negotiate",
	} {
		d := newDomain(401, 1, http.Header{"Www-Authenticate": {challenge}})
		f := testkit.StartFront(t, authority,
			testkit.Cluster{Address: edgetest.Serve(t, authority, "http1", d)})
		seen := map[string]bool{}
		for range 3 {
			c := newCaller(t, f, "HTTP/1.1")
			seen[c.get(t, "Basic dTpw").connection] = true
		}
		if len(seen) != 1 {
			t.Errorf("%s: three clients use %d connections", challenge, len(seen))
		}
	}
}
