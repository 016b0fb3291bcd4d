package jwt_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/jwt"
)

func TestClaims(t *testing.T) {
	// now is 1700000000, the leeway 30 s.
	const rest = `"iss":"https://id.test","aud":"gateway"`
	for text, want := range map[string]error{
		`{` + rest + `,"exp":1700000001}`:                             nil,
		`{` + rest + `,"exp":1699999971}`:                             nil,
		`{` + rest + `,"exp":1699999970}`:                             jwt.ErrExpired,
		`{` + rest + `,"exp":1699999970.5}`:                           nil,
		`{` + rest + `,"exp":17.00000001e8}`:                          nil,
		`{` + rest + `,"exp":0}`:                                      jwt.ErrExpired,
		`{` + rest + `,"exp":-1}`:                                     jwt.ErrExpired,
		`{` + rest + `}`:                                              jwt.ErrMissing,
		`{` + rest + `,"exp":null}`:                                   jwt.ErrMissing,
		`{` + rest + `,"exp":""}`:                                     jwt.ErrMissing,
		`{` + rest + `,"exp":"1700000001"}`:                           jwt.ErrClaimType,
		`{` + rest + `,"exp":true}`:                                   jwt.ErrClaimType,
		`{` + rest + `,"exp":[1700000001]}`:                           jwt.ErrClaimType,
		`{` + rest + `,"exp":1700000001000}`:                          jwt.ErrClaimType,
		`{` + rest + `,"exp":1e400}`:                                  jwt.ErrClaimType,
		`{` + rest + `,"exp":1700000001,"nbf":1700000030}`:            nil,
		`{` + rest + `,"exp":1700000099,"nbf":1700000031}`:            jwt.ErrNotYet,
		`{` + rest + `,"exp":1700000001,"nbf":"0"}`:                   jwt.ErrClaimType,
		`{` + rest + `,"exp":1700000001,"nbf":null}`:                  jwt.ErrClaimType,
		`{` + rest + `,"exp":1700000001,"iat":1700000030}`:            nil,
		`{` + rest + `,"exp":1700000099,"iat":1700000031}`:            jwt.ErrIssued,
		`{` + rest + `,"exp":1700000001,"iat":{}}`:                    jwt.ErrClaimType,
		`{` + rest + `,"exp":1700000001,"sub":7}`:                     jwt.ErrClaimType,
		`{` + rest + `,"Exp":1700000001}`:                             jwt.ErrMissing,
		`{"iss":"https://id.test/","aud":"gateway","exp":1700000001}`: jwt.ErrIssuer,
		`{"iss":["https://id.test"],"aud":"gateway","exp":17e8}`:      jwt.ErrIssuer,
		`{"aud":"gateway","exp":1700000001}`:                          jwt.ErrIssuer,
		`{"iss":null,"aud":"gateway","exp":1700000001}`:               jwt.ErrIssuer,
		`{"iss":"https://id.test","exp":1700000001}`:                  jwt.ErrAudience,
		`{"iss":"https://id.test","aud":"Gateway","exp":1700000001}`:  jwt.ErrAudience,
		`{"iss":"https://id.test","aud":"","exp":1700000001}`:         jwt.ErrAudience,
		`{"iss":"https://id.test","aud":[],"exp":1700000001}`:         jwt.ErrAudience,
		`{"iss":"https://id.test","aud":["x"],"exp":1700000001}`:      jwt.ErrAudience,
		`{"iss":"https://id.test","aud":["gateway",1],"exp":17e8}`:    jwt.ErrClaimType,
		`{"iss":"https://id.test","aud":{"gateway":1},"exp":17e8}`:    jwt.ErrClaimType,
		`{"iss":"https://id.test","aud":7,"exp":17e8}`:                jwt.ErrClaimType,
	} {
		c, err := jwt.ParseClaims([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if _, err := rules().Claims(c, now); err != want {
			t.Errorf("%s: %v, want %v", text, err, want)
		}
	}
}

func TestWhenATokenIsOver(t *testing.T) {
	r := rules()
	r.Required = nil
	for text, want := range map[string]time.Time{
		`{"iss":"https://id.test","aud":"gateway","exp":1700000001}`: now.Add(31 * time.Second),
		`{"iss":"https://id.test","aud":"gateway"}`:                  {},
	} {
		c, err := jwt.ParseClaims([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := r.Claims(c, now); err != nil || !got.Equal(want) {
			t.Errorf("%s: until %v, %v; want %v", text, got, err, want)
		}
	}
}

func TestAnswersOfOthersMayLackIssuerAndAudience(t *testing.T) {
	r := rules()
	r.Required = nil
	for text, want := range map[string]error{
		`{}`:                           nil,
		`{"iss":"https://id.test"}`:    nil,
		`{"iss":"https://other.test"}`: jwt.ErrIssuer,
		`{"aud":["gateway"]}`:          nil,
		`{"aud":"x"}`:                  jwt.ErrAudience,
		`{"exp":1}`:                    jwt.ErrExpired,
		`{"sub":1}`:                    jwt.ErrClaimType,
	} {
		c, err := jwt.ParseClaims([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Answered(c, now); err != want {
			t.Errorf("%s: %v, want %v", text, err, want)
		}
	}
}

// keycloak has claims as Keycloak and Auth0 write them.
const keycloak = `{"sub":"u\u00e9 1","n":12345678901234567890,"f":1.5,"yes":true,"no":false,
	"nothing":null,"scope":"openid  users.read","scp":["a","b c",""],
	"realm_access":{"roles":["admin","a,b","x%y",3,{"a":1},true]},
	"https://a.example/roles":["editor"],"a.b":{"c":"deep"},"a":{"b.c":"other","d":{"e":"f"}},
	"mixed":["a",{"b":1},"c"],"line":"a\r\nb"}`

func TestClaimsByName(t *testing.T) {
	c, err := jwt.ParseClaims([]byte(keycloak))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]string{
		"scope": {"openid", "users.read"}, "scp": {"a", "b c"}, "absent": nil, "n": nil,
		"realm_access.roles": {"admin", "a,b", "x%y"}, "https://a.example/roles": {"editor"},
	} {
		if got := c.Words(name); !slices.Equal(got, want) {
			t.Errorf("%s has %q, want %q", name, got, want)
		}
	}
	if c.Text("sub") != "u\u00e9 1" || c.Text("n") != "" || !c.Flag("yes") || c.Flag("sub") {
		t.Error("the text, or the flag, is wrong")
	}
	for name, want := range map[string]any{
		"n": json.Number("12345678901234567890"), "yes": true, "nothing": nil, "absent": nil,
		"":  nil,
		".": nil, "a..b": nil, "sub.x": nil, "a.b.c": "deep", "a.d.e": "f",
	} {
		if got := c.Value(name); got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
}
