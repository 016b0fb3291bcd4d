package bearer

import (
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/jwks"
	"github.com/gatewayhomebrew/gateway/libs/policy/auth"
)

// A token of another issuer is refused without a key and without waiting for one, and is read once.
func TestTokensOfAnotherIssuer(t *testing.T) {
	away, err := jwks.NewStore().Source(jwks.Place{
		Name: "main", URL: "http://127.0.0.1:1/", Interval: time.Hour, Timeout: time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, k := range map[string]*jwks.Source{"its keys": keys(t), "no keys": away} {
		b := New(newConfig(nil), Sources{Keys: k})
		for _, claims := range []string{
			strings.Replace(good(""), "id.test", "other.test", 1), `{"exp":1700000060}`,
			`{"iss":["https://id.test"]}`,
		} {
			r := request(t, "", "Authorization: Bearer "+token(claims)+"\r\n")
			r.Start, r.Deadline = now, now // nothing can be waited for
			o := b.Authenticate(r)
			if o.Verdict != auth.Refused || !strings.Contains(o.Rule, "of another issuer") {
				t.Errorf("%s: %s: %+v", name, claims, o)
			}
			if n := testing.AllocsPerRun(100, func() {
				if again := b.Authenticate(r); again.Rule != o.Rule {
					t.Fatalf("%s: %+v", name, again)
				}
			}); n != 0 {
				t.Errorf("%s: %s: %v allocations for one that is known", name, claims, n)
			}
		}
	}
}

// What is remembered of others' tokens keeps none of its own away, however many there are.
func TestTokensOfOthersKeepNobodyAway(t *testing.T) {
	b := New(newConfig(nil), Sources{Keys: keys(t)})
	mine := request(t, "", "Authorization: Bearer "+token(good(""))+"\r\n")
	mine.Start, mine.Deadline = now, now.Add(time.Hour)
	for i := range 3 * foreigners {
		var sum [32]byte
		sum[0], sum[1], sum[31] = byte(i), byte(i>>8), 1
		b.foreign.put(&sum)
		if !b.foreign.has(&sum) {
			t.Fatal("it is not remembered")
		}
	}
	if o := b.Authenticate(mine); o.Verdict != auth.Accepted {
		t.Errorf("%+v", o)
	}
	// The same token is another issuer's for another entry.
	other := New(newConfig(func(c *config.JWT) { c.Issuer = "https://b" }), Sources{Keys: keys(t)})
	if o := other.Authenticate(mine); o.Verdict != auth.Refused {
		t.Errorf("%+v", o)
	}
}
