package jwt_test

import (
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/jwt"
)

// FuzzToken looks for tokens that pass and were not signed: those of the corpus were, by an
// algorithm whose signatures have one form.
func FuzzToken(f *testing.F) {
	s := signer{"EdDSA", edKey()}
	keys := set(f, jwk(s.key, `,"kid":"k"`))
	made := map[string]bool{}
	for _, raw := range []string{
		s.plain(good("")), s.plain(good(`,"a":[1,{"b":null}]`)),
		s.token(`{"alg":"EdDSA"}`, good("")),
	} {
		made[raw] = true
		f.Add(raw)
	}
	f.Add("e30.e30.")
	f.Add(b64([]byte(`{"alg":"none"}`)) + "." + b64([]byte(good(""))) + ".")
	f.Fuzz(func(t *testing.T, raw string) {
		if _, err := check(rules(), keys, raw); err == nil && !made[raw] {
			t.Errorf("%q passes", raw)
		}
	})
}

func FuzzSet(f *testing.F) {
	for _, s := range signers() {
		f.Add(`{"keys":[` + jwk(s.key, `,"kid":"k","use":"sig","alg":"`+s.alg+`"`) + `]}`)
	}
	f.Add(`{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB","key_ops":["verify"]},{"kty":"oct"}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		s, notes, err := jwt.ParseSet([]byte(text), jwt.Options{})
		if err == nil && s.Len() == 0 || len(strings.Join(notes, "")) > 4000 {
			t.Errorf("%q: %v, %q", text, err, notes)
		}
	})
}
