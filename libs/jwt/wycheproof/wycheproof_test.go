// Package wycheproof_test tries the vectors of project Wycheproof for JSON Web Signatures and Keys.
// It is apart from the package that it tests, since its binary holds all vectors of the project.
package wycheproof_test

import (
	"encoding/json"
	"io/fs"
	"strings"
	"testing"

	"github.com/c2sp/wycheproof"

	"github.com/gatewayhomebrew/gateway/libs/jwt"
)

type vectors struct {
	NumberOfTests int     `json:"numberOfTests"`
	Groups        []group `json:"testGroups"`
}

type group struct {
	Comment string          `json:"comment"`
	Public  json.RawMessage `json:"public"`
	Private json.RawMessage `json:"private"`
	Tests   []vector        `json:"tests"`
}

type vector struct {
	ID      int             `json:"tcId"`
	Comment string          `json:"comment"`
	JWS     json.RawMessage `json:"jws"` // a text, or an object that is to be refused
	Result  string          `json:"result"`
}

// set is the key set of a group. Groups of shared keys have no public half.
func (g *group) set() (*jwt.Set, error) {
	key := g.Public
	if key == nil {
		key = g.Private
	}
	if !strings.Contains(string(key), `"keys"`) {
		key = json.RawMessage(`{"keys":[` + string(key) + `]}`)
	}
	s, _, err := jwt.ParseSet(key, jwt.Options{})
	return s, err
}

// shared says that a group's valid tokens are signed with a shared key, which we never take.
func (g *group) shared() bool { return g.Public == nil }

// accepts says whether a token of a group passes.
func (g *group) accepts(t *testing.T, v *vector) error {
	s, err := g.set()
	if err != nil {
		return err
	}
	var raw string
	if err := json.Unmarshal(v.JWS, &raw); err != nil {
		raw = string(v.JWS)
	}
	token, err := jwt.Parse(raw)
	if err != nil {
		return err
	}
	return s.Verify(token)
}

// contrary are vectors that are called valid, and whose token has another algorithm than its key
// (PS384 and PS256). RFC 7517 section 4.4 has the key's algorithm mean something, and other vectors
// want such tokens refused (UsingPS384): they are.
var contrary = map[string]map[int]bool{"json_web_signature_test.json": {346: true, 350: true}}

func TestVectors(t *testing.T) {
	for file, want := range map[string]struct{ tests, valid int }{
		"json_web_signature_test.json": {401, 34},
		"json_web_key_test.json":       {26, 1},
		"json_web_crypto_test.json":    {83, 2},
	} {
		t.Run(file, func(t *testing.T) {
			data, err := fs.ReadFile(wycheproof.TestVectors, file)
			if err != nil {
				t.Fatal(err)
			}
			var all vectors
			if err := json.Unmarshal(data, &all); err != nil {
				t.Fatal(err)
			}
			tried, accepted := 0, 0
			for i := range all.Groups {
				g := &all.Groups[i]
				for j := range g.Tests {
					v := &g.Tests[j]
					tried++
					if v.JWS == nil {
						continue // an encrypted token
					}
					err := g.accepts(t, v)
					if err == nil {
						accepted++
					}
					valid := v.Result == "valid" && !g.shared() && !contrary[file][v.ID]
					if valid != (err == nil) {
						t.Errorf("%s %d %s: %v, and it is %s", g.Comment, v.ID, v.Comment, err,
							v.Result)
					}
				}
			}
			if tried != want.tests || accepted != want.valid || all.NumberOfTests != tried {
				t.Errorf("%d vectors were tried, and %d accepted; want %d and %d",
					tried, accepted, want.tests, want.valid)
			}
		})
	}
}
