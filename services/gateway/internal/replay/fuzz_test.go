package replay

import (
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/accesslog"
)

// Whatever a log is, it is read to its end, and each of its lines is counted once.
func FuzzLog(f *testing.F) {
	f.Add([]byte(logged(func(*accesslog.Entry) {})))
	f.Add([]byte(logged(func(e *accesslog.Entry) { e.Path = []byte("/x/..%2f;a=1//b") })))
	f.Add([]byte("\x00\n\n{}\n{\"time\":\"a\",\"method\":\"\\u0000\",\"path\":\"*\"}"))
	old := configured(f, oneRoute, nil)
	new := configured(f, "  - {name: y, path_prefix: /x, when: {cookies: {a: {regex: b}}}, "+
		"cluster: b, clients: {deny: [10.0.0.0/8]}}\n  - {name: x, cluster: a}\n", nil)
	f.Fuzz(func(t *testing.T, log []byte) {
		r := run1(t, string(log), old, new)
		if r.Requests+r.Sessions+r.Unread+r.Bad > r.Lines {
			t.Errorf("%+v", r)
		}
	})
}
