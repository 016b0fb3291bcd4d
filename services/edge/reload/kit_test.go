//go:build unix

package reload_test

import (
	"fmt"
	"net"
	"strings"
	"testing"
)

// freeAddress is an address that was free a moment ago.
func freeAddress(t testing.TB) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// listening is a configuration with the given listeners (name, address, …) and a mark.
func listening(upstream, mark string, listeners ...string) string {
	var b strings.Builder
	b.WriteString("version: 1\nlisteners:\n")
	for i := 0; i+1 < len(listeners); i += 2 {
		fmt.Fprintf(&b, "  - {name: %s, address: \"%s\", protocol: http}\n", listeners[i],
			listeners[i+1])
	}
	fmt.Fprintf(&b, "clusters: [{name: up, protocol: http1, endpoints: [{address: \"%s\"}]}]\n",
		upstream)
	fmt.Fprintf(&b,
		"routes: [{name: all, path_prefix: /, cluster: up, headers: {response: {set: {X-Mark: "+
			"\"%s\"}}}}]\n", mark)
	b.WriteString("admin: {address: \"127.0.0.1:0\"}\ndrain: {timeout: 1s}\n")
	return b.String()
}

const anyPort = "127.0.0.1:0"
