package vectors_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// classes are all vectors, by what they are about.
var classes = []struct {
	name    string
	vectors []vector
}{
	{"request line", requestLine}, {"paths", paths}, {"host", hostAuthority},
	{"header syntax", headerSyntax},
	{"content-length", contentLength}, {"transfer-encoding", transferEncoding},
	{"both lengths", bothLengths},
	{"chunks", chunkSyntax}, {"trailers", trailers}, {"hop by hop", hopByHop}, {"expect", expect},
	{"upgrade", upgrade},
	{"pipelining", pipelining}, {"http 1.0", http10}, {"limits", limits},
	{"forwarding", forwarding}, {"responses", responses},
}

// allVectors are the vectors of every class; GATEWAY_VECTOR, a part of "class/name", picks some.
func allVectors() []vector {
	var vs []vector
	for _, cl := range classes {
		for _, v := range cl.vectors {
			v.class = cl.name
			if strings.Contains(v.class+"/"+v.name, os.Getenv("GATEWAY_VECTOR")) {
				vs = append(vs, v)
			}
		}
	}
	return vs
}

// vectorConfig routes everything to the scripted upstream, and /faulty to one that misbehaves, so
// that what the misbehaving one does to the view of its health does not touch the others.
const vectorConfig = `
version: 1
listeners:
  - {name: public, address: "127.0.0.1:0", protocol: http}
  - {name: trusting, address: "127.0.0.1:0", protocol: http, trusted_proxies: [127.0.0.0/8]}
clusters:
  - name: scripted
    protocol: http1
    endpoints: [{address: "%[1]s"}]
  - name: faulty
    protocol: http1
    endpoints: [{address: "%[2]s"}]
  - name: refusing
    protocol: http1
    endpoints: [{address: "%[3]s"}]
routes:
  - {name: all, path_prefix: /, cluster: scripted}
  - {name: faulty, path_prefix: /faulty, cluster: faulty}
  - {name: small, path_prefix: /small, cluster: scripted, max_body_bytes: 1000}
  - {name: gets, path_prefix: /gets, methods: [GET], cluster: scripted}
  - {name: refused, path_prefix: /refused, cluster: refusing}
admin: {address: "127.0.0.1:0"}
`

// startVectorEdge starts an edge for vectors, with one-shot or pooled upstream connections.
func startVectorEdge(t *testing.T, oneShot bool) *bench {
	t.Helper()
	up := newVectorUpstream(oneShot)
	scripted, faulty := testkit.NewUpstream(t, up.serve), testkit.NewUpstream(t, up.serve)
	e := testkit.StartEdge(t,
		fmt.Sprintf(vectorConfig, scripted.Addr(), faulty.Addr(), edgetest.RefusedAddr(t)))
	return &bench{addr: e.Addr, up: up}
}

// report gives each vector a test of its own name, and fails on messages that belong to none.
func report(t *testing.T, b *bench, vs []result) {
	t.Helper()
	for _, v := range vs {
		t.Run(v.class+"/"+v.name, func(t *testing.T) {
			if v.problem != "" {
				t.Errorf("%s\nbecause: %s", v.problem, v.why)
			}
		})
	}
	if s := b.up.strays; len(s) > 0 {
		t.Errorf("%d messages upstream belong to no vector, the first: %.300q", len(s), s[0])
	}
}

// Each vector alone: every request gets an upstream connection of its own.
func TestVectorsOneByOne(t *testing.T) {
	t.Parallel()
	b := startVectorEdge(t, true)
	report(t, b, b.run(allVectors()))
}

// The same over pooled upstream connections, on which one vector's fault could become another's
// answer.
func TestVectorsOverPooledConnections(t *testing.T) {
	t.Parallel()
	b := startVectorEdge(t, false)
	report(t, b, b.run(allVectors()))
}

// The same with each byte in a write of its own, since a parser may stop anywhere.
func TestVectorsByteByByte(t *testing.T) {
	t.Parallel()
	b := startVectorEdge(t, true)
	b.dribble = true
	report(t, b, b.run(allVectors()))
}

func TestVectorsHaveUniqueNamesAndReasons(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, v := range allVectors() {
		key := v.class + "/" + v.name
		if seen[key] {
			t.Errorf("two vectors are named %s", key)
		}
		if seen[key] = true; v.why == "" {
			t.Errorf("%s has no reason", key)
		}
	}
}
