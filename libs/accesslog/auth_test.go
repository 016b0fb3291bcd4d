package accesslog_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/accesslog"
)

func TestALineSaysWhoWasLetIn(t *testing.T) {
	long := strings.Repeat("a", accesslog.MaxSubject)
	for _, c := range []struct {
		auth accesslog.Auth
		want any // nil: there is no such field
	}{
		{accesslog.Auth{}, nil},
		{accesslog.Auth{Kind: "jwt", Name: "main", Subject: "alice"}, "jwt main: alice"},
		{accesslog.Auth{Kind: "forward", Name: "sso"}, "forward sso: "},
		{accesslog.Auth{Kind: "jwt", Name: "m", Subject: "a\"\n\\"}, "jwt m: a\"\n\\"},
		{accesslog.Auth{Kind: "jwt", Name: "m", Subject: long + "b"}, "jwt m: " + long},
	} {
		e := entry()
		e.Auth = c.auth
		dst := make([]byte, 0, 4096)
		if n := testing.AllocsPerRun(10, func() { dst = e.AppendJSON(dst[:0]) }); n > 0 {
			t.Errorf("%v: %v allocations", c.auth, n)
		}
		var got map[string]any
		if err := json.Unmarshal(dst, &got); err != nil {
			t.Fatalf("%v: %s", err, dst)
		}
		if got["auth"] != c.want {
			t.Errorf("%v: %q, want %q", c.auth, got["auth"], c.want)
		}
	}
}
