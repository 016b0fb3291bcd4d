package jwt_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha256"
	_ "crypto/sha512"
	"encoding/base64"
	"fmt"
	"math/big"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/jwt"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// A signer makes tokens of one algorithm.
type signer struct {
	alg string
	key crypto.Signer
}

// must is for what fails only where the machine has no random numbers.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

var (
	rsaKey = sync.OnceValue(func() *rsa.PrivateKey { return newRSA(2048) })
	p256   = sync.OnceValue(func() *ecdsa.PrivateKey { return ecKey(elliptic.P256()) })
	p384   = sync.OnceValue(func() *ecdsa.PrivateKey { return ecKey(elliptic.P384()) })
	p521   = sync.OnceValue(func() *ecdsa.PrivateKey { return ecKey(elliptic.P521()) })
	edKey  = sync.OnceValue(func() ed25519.PrivateKey {
		_, k, err := ed25519.GenerateKey(rand.Reader)
		return must(k, err)
	})
)

func newRSA(bits int) *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, bits)) }

func ecKey(c elliptic.Curve) *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(c, rand.Reader)) }

// signers are one for each algorithm.
func signers() map[string]signer {
	all := make(map[string]signer)
	for alg, key := range map[string]crypto.Signer{
		"RS256": rsaKey(), "RS384": rsaKey(), "RS512": rsaKey(),
		"PS256": rsaKey(), "PS384": rsaKey(), "PS512": rsaKey(),
		"ES256": p256(), "ES384": p384(), "ES512": p521(), "EdDSA": edKey(), "Ed25519": edKey(),
	} {
		all[alg] = signer{alg, key}
	}
	return all
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// signature is that of a text, by the signer's algorithm.
func (s signer) signature(text string) []byte {
	if s.alg == "EdDSA" || s.alg == "Ed25519" {
		return must(s.key.Sign(rand.Reader, []byte(text), crypto.Hash(0)))
	}
	hash := map[string]crypto.Hash{
		"256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512,
	}[s.alg[2:]]
	h := hash.New()
	h.Write([]byte(text))
	switch key := s.key.(type) {
	case *rsa.PrivateKey:
		var o crypto.SignerOpts = hash
		if s.alg[0] == 'P' {
			o = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: hash}
		}
		return must(key.Sign(rand.Reader, h.Sum(nil), o))
	case *ecdsa.PrivateKey:
		r, t, err := ecdsa.Sign(rand.Reader, key, h.Sum(nil))
		size := (key.Params().BitSize + 7) / 8
		out := make([]byte, 2*size)
		must(r, err).FillBytes(out[:size])
		t.FillBytes(out[size:])
		return out
	}
	panic("no such key")
}

// token is a token with a header and claims as they are given.
func (s signer) token(header, claims string) string {
	text := b64([]byte(header)) + "." + b64([]byte(claims))
	return text + "." + b64(s.signature(text))
}

// plain is a token of the signer with the kid k.
func (s signer) plain(claims string) string {
	return s.token(`{"alg":"`+s.alg+`","kid":"k"}`, claims)
}

// jwk is the public half of a key, with more members.
func jwk(key crypto.Signer, more string) string {
	switch k := key.Public().(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf(`{"kty":"RSA","n":%q,"e":%q%s}`, b64(k.N.Bytes()),
			b64(big.NewInt(int64(k.E)).Bytes()), more)
	case *ecdsa.PublicKey:
		point := must(k.Bytes())[1:]
		return fmt.Sprintf(`{"kty":"EC","crv":%q,"x":%q,"y":%q%s}`, k.Params().Name,
			b64(point[:len(point)/2]), b64(point[len(point)/2:]), more)
	case ed25519.PublicKey:
		return fmt.Sprintf(`{"kty":"OKP","crv":"Ed25519","x":%q%s}`, b64(k), more)
	}
	panic("no such key")
}

func set(t testing.TB, keys ...string) *jwt.Set {
	t.Helper()
	s, _, err := jwt.ParseSet([]byte(`{"keys":[`+strings.Join(keys, ",")+`]}`), jwt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// now is when the tests are.
var now = time.Unix(1_700_000_000, 0)

// rules are those of the tests: every algorithm, and a leeway of 30 s.
func rules() *jwt.Rules {
	r := &jwt.Rules{
		Types: []string{"", "JWT", "at+jwt"}, Issuer: "https://id.test",
		Audiences: []string{"gateway", "other"}, Required: []string{"exp"},
		Leeway: 30 * time.Second,
	}
	for _, name := range jwt.AlgorithmNames() {
		a, _ := jwt.ParseAlgorithm(name)
		r.Algorithms = append(r.Algorithms, a)
	}
	return r
}

// check does all that is done to a token.
func check(r *jwt.Rules, s *jwt.Set, raw string) (jwt.Claims, error) {
	t, err := jwt.Parse(raw)
	if err != nil {
		return jwt.Claims{}, err
	}
	if err := r.Header(t); err != nil {
		return jwt.Claims{}, err
	}
	if err := s.Verify(t); err != nil {
		return jwt.Claims{}, err
	}
	c, err := jwt.ParseClaims(t.Payload())
	if err != nil {
		return jwt.Claims{}, err
	}
	_, err = r.Claims(c, now)
	return c, err
}

// good are claims that pass, with more members.
func good(more string) string {
	return fmt.Sprintf(`{"iss":"https://id.test","aud":"gateway","exp":%d%s}`, now.Unix()+60, more)
}

func TestEveryAlgorithmIsChecked(t *testing.T) {
	all := signers()
	for alg, s := range all {
		keys := set(t, jwk(s.key, `,"kid":"k"`))
		raw := s.plain(good(""))
		if _, err := check(rules(), keys, raw); err != nil {
			t.Errorf("%s: %v", alg, err)
		}
		// A bit of the signature, of the claims and of the header.
		dot := strings.LastIndexByte(raw, '.')
		for _, at := range []int{dot + 5, dot - 5, 3} {
			bad := []byte(raw)
			bad[at] = map[bool]byte{true: 'B', false: 'A'}[bad[at] == 'A']
			if _, err := check(rules(), keys, string(bad)); err == nil {
				t.Errorf("%s: accepted with byte %d changed", alg, at)
			}
		}
		sig := must(base64.RawURLEncoding.DecodeString(raw[dot+1:]))
		for name, other := range map[string]string{
			"none": "", "shorter": b64(sig[1:]), "longer": b64(append([]byte{0}, sig...)),
			"longer at the end": b64(append(sig[:len(sig):len(sig)], 0)),
			"zero":              b64(make([]byte, len(sig))),
		} {
			if _, err := check(rules(), keys, raw[:dot+1]+other); err != jwt.ErrSignature {
				t.Errorf("%s with a signature that is %s: %v", alg, name, err)
			}
		}
		// A key that says which algorithm it is for checks no other.
		for other := range all {
			one, _, err := jwt.ParseSet([]byte(`{"keys":[`+
				jwk(s.key, `,"kid":"k","alg":"`+other+`"`)+`]}`), jwt.Options{})
			if err != nil {
				continue // the algorithm does not fit the key
			}
			if _, err := check(rules(), one, raw); (err == nil) != (other == alg) {
				t.Errorf("a key for %s checks %s: %v", other, alg, err)
			}
		}
		// An algorithm that is not allowed is refused, though the key fits it.
		r := rules()
		r.Algorithms = nil
		for other := range all {
			if a, _ := jwt.ParseAlgorithm(other); other != alg {
				r.Algorithms = append(r.Algorithms, a)
			}
		}
		if _, err := check(r, keys, raw); err != jwt.ErrAlgorithm {
			t.Errorf("%s, which is not allowed: %v", alg, err)
		}
	}
}

func TestFormsThatAreRefused(t *testing.T) {
	s := signers()["ES256"]
	keys := set(t, jwk(s.key, `,"kid":"k"`))
	h, c := `{"alg":"ES256","kid":"k"}`, good("")
	fine := s.token(h, c)
	parts := strings.Split(fine, ".")
	resigned := func(header, payload string) string {
		return header + "." + payload + "." + b64(s.signature(header+"."+payload))
	}
	header := func(more string) string { return s.token(`{"alg":"ES256","kid":"k"`+more+`}`, c) }
	alg := func(name string) string { return s.token(`{"alg":`+name+`,"kid":"k"}`, c) }
	for name, tc := range map[string]struct {
		raw  string
		want error
	}{
		"nothing":      {"", jwt.ErrForm},
		"one part":     {parts[0], jwt.ErrForm},
		"two parts":    {parts[0] + "." + parts[1], jwt.ErrForm},
		"four parts":   {fine + ".", jwt.ErrForm},
		"five parts":   {fine + "..", jwt.ErrEncrypted},
		"no header":    {"." + parts[1] + "." + parts[2], jwt.ErrForm},
		"JSON":         {`{"payload":"a.b.c"}`, jwt.ErrJSONForm},
		"long":         {strings.Repeat("a", jwt.MaxBytes+1), jwt.ErrTooLong},
		"space before": {" " + fine, jwt.ErrBase64},
		"space behind": {fine + " ", jwt.ErrBase64},
		"line break in the signature": {
			parts[0] + "." + parts[1] + ".\n" + parts[2], jwt.ErrBase64,
		},
		"carriage return in the claims": {resigned(parts[0], "\r"+parts[1]), jwt.ErrBase64},
		"padding":                       {fine + "==", jwt.ErrBase64},
		"padding of the claims": {
			resigned(parts[0], b64([]byte(c+" "))+"="), jwt.ErrBase64,
		},
		"standard base64": {
			resigned(parts[0], base64.StdEncoding.EncodeToString([]byte(good(`,"x":"???>>>"`)))),
			jwt.ErrBase64,
		},
		"bits nothing uses in the signature": {
			fine[:len(fine)-1] + string(next(fine[len(fine)-1])), jwt.ErrBase64,
		},
		"a part of one byte":      {parts[0] + "." + parts[1] + ".A", jwt.ErrBase64},
		"header no object":        {resigned(b64([]byte(`[]`)), parts[1]), jwt.ErrHeader},
		"header with more":        {resigned(b64([]byte(h+"{}")), parts[1]), jwt.ErrHeader},
		"header with a BOM":       {resigned(b64([]byte("\ufeff"+h)), parts[1]), jwt.ErrHeader},
		"header not UTF-8":        {header(",\"x\":\"\xff\""), jwt.ErrHeader},
		"header with half a pair": {header(`,"x":"\ud800"`), jwt.ErrHeader},
		"alg twice":               {header(`,"alg":"ES256"`), jwt.ErrHeader},
		"alg twice, escaped":      {header(`,"\u0061lg":"none"`), jwt.ErrHeader},
		"a double in an object":   {header(`,"x":{"a":1,"a":1}`), jwt.ErrHeader},
		"deep":                    {header(`,"x":` + strings.Repeat("[", 5000)), jwt.ErrHeader},
		"crit empty":              {header(`,"crit":[]`), jwt.ErrCritical},
		"crit exp":                {header(`,"crit":["exp"],"exp":1`), jwt.ErrCritical},
		"crit alg":                {header(`,"crit":["alg"]`), jwt.ErrCritical},
		"crit b64":                {header(`,"crit":["b64"],"b64":false`), jwt.ErrCritical},
		"crit null":               {header(`,"crit":null`), jwt.ErrCritical},
		"b64 alone":               {header(`,"b64":false`), jwt.ErrUnencoded},
		"enc":                     {header(`,"enc":"A128GCM"`), jwt.ErrEncrypted},
		"nested":                  {header(`,"cty":"JWT"`), jwt.ErrNested},
		"nested, in full":         {header(`,"cty":"application/jwt"`), jwt.ErrNested},
		"kid a number":            {s.token(`{"alg":"ES256","kid":1}`, c), jwt.ErrHeaderType},
		"typ a list":              {header(`,"typ":["JWT"]`), jwt.ErrHeaderType},
		"another typ":             {header(`,"typ":"dpop+jwt"`), jwt.ErrType},
		"no alg":                  {s.token(`{"kid":"k"}`, c), jwt.ErrAlgorithm},
		"alg null":                {alg("null"), jwt.ErrHeaderType},
		"alg a number":            {alg("256"), jwt.ErrHeaderType},
		"alg in small letters":    {alg(`"es256"`), jwt.ErrAlgorithm},
		"alg with a space":        {alg(`"ES256 "`), jwt.ErrAlgorithm},
		"alg with a NUL":          {alg(`"ES256\u0000"`), jwt.ErrAlgorithm},
		"alg none":                {alg(`"none"`), jwt.ErrNone},
		"alg None":                {alg(`"None"`), jwt.ErrNone},
		"alg nOnE, unsigned": {
			b64([]byte(`{"alg":"nOnE"}`)) + "." + parts[1] + ".", jwt.ErrNone,
		},
		"alg HS256":            {alg(`"HS256"`), jwt.ErrAlgorithm},
		"alg ES256K":           {alg(`"ES256K"`), jwt.ErrAlgorithm},
		"alg of another kind":  {alg(`"RS256"`), jwt.ErrKeyFit},
		"alg of another curve": {alg(`"ES384"`), jwt.ErrKeyFit},
		"another kid":          {s.token(`{"alg":"ES256","kid":"K"}`, c), jwt.ErrUnknownKey},
		"a kid that is a path": {
			s.token(`{"alg":"ES256","kid":"../../dev/null"}`, c), jwt.ErrUnknownKey,
		},
		"a key of its own": {
			signer{"ES256", ecKey(elliptic.P256())}.token(
				`{"alg":"ES256","kid":"k","jwk":`+jwk(p256(), "")+`}`, c), jwt.ErrSignature,
		},
		"claims no object":    {s.token(h, `"a"`), jwt.ErrClaims},
		"no claims":           {s.token(h, ``), jwt.ErrClaims},
		"iss twice":           {s.token(h, good(`,"iss":"https://id.test"`)), jwt.ErrClaims},
		"a double deep down":  {s.token(h, good(`,"a":[{"b":1,"b":2}]`)), jwt.ErrClaims},
		"claims not UTF-8":    {s.token(h, good(",\"a\":\"\xc0\x80\"")), jwt.ErrClaims},
		"claims with a BOM":   {s.token(h, "\ufeff"+c), jwt.ErrClaims},
		"claims with comment": {s.token(h, c+"//"), jwt.ErrClaims},
	} {
		if _, err := check(rules(), keys, tc.raw); err != tc.want {
			t.Errorf("%s: %v, want %v", name, err, tc.want)
		}
	}
	for name, raw := range map[string]string{
		"as it is":           fine,
		"spaces in the JSON": s.token(" {\n\"alg\" :\t\"ES256\" } ", " "+c+"\r\n"),
		"without kid":        s.token(`{"alg":"ES256"}`, c), "at+jwt": header(`,"typ":"at+jwt"`),
		"typ in full": header(`,"typ":"application/AT+JWT"`), "typ": header(`,"typ":"jwt"`),
		"members nobody knows": header(`,"x5t":"a","x5c":["b"],"jku":"https://evil.test","zip":1`),
		"an emoji":             s.token(h, good(`,"a":"\ud83d\ude00"`)),
		"a list of audiences": s.token(h,
			`{"iss":"https://id.test","aud":["a","other"],"exp":1700000001}`),
	} {
		if _, err := check(rules(), keys, raw); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// next is the base64url digit after c: where the last bits mean nothing, another text for the same
// bytes.
func next(c byte) byte {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return digits[(strings.IndexByte(digits, c)+1)%64]
}
