package jwt_test

import (
	"crypto/elliptic"
	"fmt"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/jwt"
)

// left reads a set and returns how many keys are left, and why others are not.
func left(t *testing.T, o jwt.Options, keys ...string) (int, string, error) {
	t.Helper()
	s, notes, err := jwt.ParseSet([]byte(`{"keys":[`+strings.Join(keys, ",")+`]}`), o)
	n := 0
	if err == nil {
		n = s.Len()
	}
	return n, strings.Join(notes, "; "), err
}

func TestKeysThatAreNotUsed(t *testing.T) {
	ec, point := jwk(p256(), ""), jwk(p256(), "")
	point = strings.Replace(point, `"y":"`, `"y":"AAAA`, 1)
	shifted := strings.Replace(ec, `"x"`, `"z"`, 1)
	swapped := strings.Replace(strings.Replace(strings.Replace(
		ec, `"x"`, `"t"`, 1), `"y"`, `"x"`, 1), `"t"`, `"y"`, 1)
	rsa := jwk(rsaKey(), "")
	exponent := func(e string) string {
		return strings.Replace(rsa, `"e":"AQAB"`, `"e":"`+e+`"`, 1)
	}
	zeros := b64(make([]byte, 32))
	modulus := func(n int) string {
		m := make([]byte, n)
		m[0] = 0x80
		return `{"kty":"RSA","e":"AQAB","n":"` + b64(m) + `"}`
	}
	for name, tc := range map[string]struct{ key, want string }{
		"shared": {
			`{"kty":"oct","k":"AAAA","kid":"s"}`, `"s" is not used: it is a shared`,
		},
		"private":              {jwk(p256(), `,"d":"AAAA"`), "private half"},
		"for encryption":       {jwk(p256(), `,"use":"enc"`), "(use)"},
		"use no text":          {jwk(p256(), `,"use":1`), "not of its type"},
		"use of capitals":      {jwk(p256(), `,"use":"SIG"`), "(use)"},
		"key_ops sign":         {jwk(p256(), `,"key_ops":["sign"]`), "(key_ops)"},
		"key_ops a text":       {jwk(p256(), `,"key_ops":"verify"`), "(key_ops)"},
		"key_ops none":         {jwk(p256(), `,"key_ops":[]`), "(key_ops)"},
		"alg of encryption":    {jwk(rsaKey(), `,"alg":"RSA-OAEP"`), "its alg"},
		"alg none":             {jwk(rsaKey(), `,"alg":"none"`), "its alg"},
		"alg HS256":            {jwk(rsaKey(), `,"alg":"HS256"`), "its alg"},
		"alg of another kind":  {jwk(rsaKey(), `,"alg":"ES256"`), "its alg"},
		"alg of another curve": {jwk(p256(), `,"alg":"ES384"`), "its alg"},
		"alg no text":          {jwk(p256(), `,"alg":["ES256"]`), "not of its type"},
		"no kty":               {`{"kid":"k"}`, "(kty, crv)"},
		"kty in small letters": {strings.Replace(ec, `"EC"`, `"ec"`, 1), "(kty, crv)"},
		"kty of another kind":  {strings.Replace(ec, `"EC"`, `"RSA"`, 1), "exponent"},
		"another curve":        {strings.Replace(ec, "P-256", "P-384", 1), "no point"},
		"secp256k1":            {strings.Replace(ec, "P-256", "secp256k1", 1), "(kty, crv)"},
		"X25519": {
			strings.Replace(jwk(edKey(), ""), "Ed25519", "X25519", 1), "(kty, crv)",
		},
		"Ed448": {
			strings.Replace(jwk(edKey(), ""), "Ed25519", "Ed448", 1), "(kty, crv)",
		},
		"Ed25519, short":    {`{"kty":"OKP","crv":"Ed25519","x":"AAAA"}`, "no point"},
		"a long coordinate": {point, "no point"},
		"no x":              {shifted, "no point"},
		"off the curve":     {swapped, "no point"},
		"the point of zeros": {
			`{"kty":"EC","crv":"P-256","x":"` + zeros + `","y":"` + zeros + `"}`, "no point",
		},
		"padding": {strings.Replace(rsa, `"e":"AQAB"`, `"e":"AQAB=="`, 1), "base64url"},
		"1024 bits": {
			modulus(128), "1024 bits",
		},
		"16384 bits": {
			modulus(2048), "16384 bits",
		},
		"even modulus": {
			modulus(256), "even",
		},
		"exponent 1":         {exponent("AQ"), "exponent"},
		"exponent 2":         {exponent("Ag"), "exponent"},
		"exponent even":      {exponent("AQAA"), "exponent"},
		"exponent none":      {exponent(""), "exponent"},
		"exponent long":      {exponent(b64([]byte{1, 0, 0, 0, 1})), "exponent"},
		"exponent very long": {exponent(b64(append(make([]byte, 300), 3)[1:])), ""},
		"no object":          {`"key"`, "not of its type"},
		"kid a number":       {jwk(p256(), `,"kid":7`), "not of its type"},
	} {
		n, notes, err := left(t, jwt.Options{}, tc.key)
		if tc.want == "" {
			if err != nil || n != 1 {
				t.Errorf("%s: %v, %s", name, err, notes)
			}
			continue
		}
		if err == nil || !strings.Contains(notes, tc.want) {
			t.Errorf("%s: %d keys are left, %v, %q; want %q", name, n, err, notes, tc.want)
		}
		// Beside a key that can be used, it is left out.
		if n, _, err := left(t, jwt.Options{}, tc.key, jwk(edKey(), "")); err != nil || n != 1 {
			t.Errorf("%s beside another: %d keys are left, %v", name, n, err)
		}
	}
}

func TestThePrivateHalfOfAKeyInAFile(t *testing.T) {
	private := jwk(p256(), `,"d":"AAAA"`)
	if n, notes, err := left(t, jwt.Options{Private: true}, private); err != nil || n != 1 {
		t.Errorf("%d keys are left, %v, %s", n, err, notes)
	}
}

func TestSetsThatAreRefused(t *testing.T) {
	many := strings.Repeat(`{"kty":"oct"},`, 10_000)
	for text, want := range map[string]string{
		``: "not JSON", `[]`: "not JSON", `{"keys":{}}`: "no list", `{}`: "no list",
		`{"keys":[]}`: "no key that can be used", `{"keys":[],"keys":[]}`: "same name",
		`{"keys":[{"kty":"EC","kty":"RSA"}]}`:      "same name",
		`{"keys":[` + many + `{}]}`:                "10001 keys",
		strings.Repeat(" ", jwt.MaxSetBytes) + "{": "more than 1048576 bytes",
	} {
		_, _, err := jwt.ParseSet([]byte(text), jwt.Options{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %q", text, err, want)
		}
	}
}

func TestWhichKeyATokenIsOf(t *testing.T) {
	one := signer{"ES256", p256()}
	two := signer{"ES256", ecKey(elliptic.P256())}
	named := func(s signer, id string) string { return jwk(s.key, `,"kid":"`+id+`"`) }
	unnamed := func(s signer) string { return jwk(s.key, "") }
	token := func(s signer, id string) string {
		return s.token(`{"alg":"`+s.alg+`"`+id+`}`, good(""))
	}
	var nine []string
	for i := range 9 {
		nine = append(nine, named(signer{"ES256", ecKey(elliptic.P256())}, fmt.Sprint(i)))
	}
	rsa := signer{"RS256", rsaKey()}
	for name, tc := range map[string]struct {
		keys []string
		raw  string
		want error
	}{
		"the one it names": {
			[]string{named(one, "1"), named(two, "2")}, token(two, `,"kid":"2"`), nil,
		},
		"another than its": {
			[]string{named(one, "1"), named(two, "2")}, token(two, `,"kid":"1"`), jwt.ErrSignature,
		},
		"no name, two keys":  {[]string{named(one, "1"), named(two, "2")}, token(two, ""), nil},
		"no name, nine keys": {nine, token(one, ""), jwt.ErrManyKeys},
		"empty name":         {[]string{named(one, "1")}, token(one, `,"kid":""`), nil},
		"a key without name": {[]string{unnamed(one)}, token(one, `,"kid":"x"`), nil},
		"a name nobody has": {
			[]string{named(one, "1")}, token(one, `,"kid":"x"`), jwt.ErrUnknownKey,
		},
		"one name, two kinds": {
			[]string{named(one, "1"), named(rsa, "1")}, token(rsa, `,"kid":"1"`), nil,
		},
		"the same key twice": {
			[]string{named(one, "1"), named(one, "1")}, token(one, `,"kid":"1"`), nil,
		},
		"one name, two keys": {
			[]string{named(one, "1"), named(two, "1"), named(rsa, "r")}, token(one, `,"kid":"1"`),
			jwt.ErrUnknownKey,
		},
		"one name, no name": {
			[]string{named(one, "1"), named(two, "1"), named(rsa, "r")}, token(one, ``),
			jwt.ErrKeyFit,
		},
	} {
		if _, err := check(rules(), set(t, tc.keys...), tc.raw); err != tc.want {
			t.Errorf("%s: %v, want %v", name, err, tc.want)
		}
	}
	_, notes, _ := left(t, jwt.Options{}, named(one, "1"), named(two, "1"), named(rsa, "r"))
	if !strings.Contains(notes, `"1" is not used: another key has the same kid`) {
		t.Errorf("notes: %s", notes)
	}
}

func TestNotesAreFew(t *testing.T) {
	keys := []string{jwk(edKey(), "")}
	for i := range 900 {
		keys = append(keys, fmt.Sprintf(`{"kty":"oct","kid":"%0200d"}`, i))
	}
	_, notes, err := left(t, jwt.Options{}, keys...)
	if err != nil || len(notes) > 2000 || !strings.Contains(notes, "892 keys more") {
		t.Errorf("%v: %d bytes of notes: %s", err, len(notes), notes)
	}
}
