package tokens_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

const withTypes = `
auth:
  jwt:
    - {name: main, issuer: https://id.test, audiences: [gateway], jwks: {url: "ISSUER/keys"}}
    - {name: es, issuer: https://id.test, audiences: [gateway], algorithms: [ES384],
       jwks: {url: "ISSUER/keys"}}
routes:
  - {name: main, path_prefix: /main, cluster: echo, auth: {jwt: main, scopes: [read]}}
  - {name: es, path_prefix: /es, cluster: echo, auth: {jwt: es}}
`

// Headers, claims and forms of tokens that somebody makes up, or that a reader who is lax takes.
func TestTricks(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	e := start(t, i.URL, withTypes)
	now := time.Now().Unix()
	good := fmt.Sprintf(`{"iss":"https://id.test","aud":"gateway","exp":%d,"scope":"read"}`,
		now+3600)
	claims := func(more string) string { return good[:len(good)-1] + "," + more + "}" }
	as := func(member, value string) string { // the good claims with another value of one
		start := strings.Index(good, `"`+member+`":`)
		end := start + strings.IndexAny(good[start:], ",}")
		return good[:start] + `"` + member + `":` + value + good[end:]
	}
	head := func(more string) string { return `{"alg":"ES256","kid":"KID"` + more + `}` }
	fine := i.sign(head(""), good)
	parts := strings.Split(fine, ".")
	for name, tc := range map[string]struct {
		token  string
		status int
	}{
		"good":                   {fine, 200},
		"typ JWT":                {i.sign(head(`,"typ":"JWT"`), good), 200},
		"typ jwt":                {i.sign(head(`,"typ":"jwt"`), good), 200},
		"typ at+jwt":             {i.sign(head(`,"typ":"at+jwt"`), good), 200},
		"typ application/at+jwt": {i.sign(head(`,"typ":"application/at+jwt"`), good), 200},
		"typ of another use":     {i.sign(head(`,"typ":"logout+jwt"`), good), 401},
		"typ a number":           {i.sign(head(`,"typ":1`), good), 401},
		"no kid":                 {i.sign(`{"alg":"ES256"}`, good), 200},
		"kid of nobody":          {i.sign(`{"alg":"ES256","kid":"x"}`, good), 401},
		"kid a path":             {i.sign(`{"alg":"ES256","kid":"../../dev/null"}`, good), 401},
		"kid a number":           {i.sign(`{"alg":"ES256","kid":1}`, good), 401},
		"kid null":               {i.sign(`{"alg":"ES256","kid":null}`, good), 401},
		"alg twice":              {i.sign(`{"alg":"ES256","alg":"ES256","kid":"KID"}`, good), 401},
		"alg in small letters":   {i.sign(`{"alg":"es256","kid":"KID"}`, good), 401},
		"alg with a space":       {i.sign(`{"alg":"ES256 ","kid":"KID"}`, good), 401},
		"alg None":               {i.sign(`{"alg":"None","kid":"KID"}`, good), 401},
		"alg a list":             {i.sign(`{"alg":["ES256"],"kid":"KID"}`, good), 401},
		"alg of a hash":          {i.sign(`{"alg":"ES384","kid":"KID"}`, good), 401},
		"alg RS256":              {i.sign(`{"alg":"RS256","kid":"KID"}`, good), 401},
		"no alg":                 {i.sign(`{"kid":"KID"}`, good), 401},
		"crit":                   {i.sign(head(`,"crit":["exp"],"exp":1`), good), 401},
		"crit empty":             {i.sign(head(`,"crit":[]`), good), 401},
		"b64 false":              {i.sign(head(`,"b64":false,"crit":["b64"]`), good), 401},
		"nested":                 {i.sign(head(`,"cty":"JWT"`), good), 401},
		"zip":                    {i.sign(head(`,"enc":"A256GCM"`), good), 401},
		"jwk, jku, x5u, x5c": {i.sign(head(`,"jwk":{"kty":"oct","k":"AA"},"jku":"http://a.test/",`+
			`"x5u":"http://a.test/","x5c":["AA"]`), good), 200}, // they mean nothing
		"a header that is a list": {i.sign(`["ES256"]`, good), 401},
		"a header with more":      {i.sign(head("")+"x", good), 401},
		"claims that are a list":  {i.sign(head(""), "["+good+"]"), 401},
		"claims with more":        {i.sign(head(""), good+good), 401},
		"claims twice":            {i.sign(head(""), claims(`"aud":"gateway"`)), 401},
		"claims that are none":    {i.sign(head(""), ""), 401},
		"exp a fraction":          {i.sign(head(""), as("exp", fmt.Sprintf("%d.25", now+60))), 200},
		"exp with an exponent":    {i.sign(head(""), as("exp", "2e10")), 200},
		"exp a text":              {i.sign(head(""), as("exp", fmt.Sprintf(`"%d"`, now+60))), 401},
		"exp in milliseconds":     {i.sign(head(""), as("exp", fmt.Sprint(now*1000))), 401},
		"exp huge":                {i.sign(head(""), as("exp", "1e300")), 401},
		"exp null":                {i.sign(head(""), as("exp", "null")), 401},
		"exp true":                {i.sign(head(""), as("exp", "true")), 401},
		"exp zero":                {i.sign(head(""), as("exp", "0")), 401},
		"exp negative":            {i.sign(head(""), as("exp", "-1")), 401},
		"nbf in a year": {i.sign(head(""), claims(fmt.Sprintf(`"nbf":%d`, now+3e7))),
			401},
		"iat in a year": {i.sign(head(""), claims(fmt.Sprintf(`"iat":%d`, now+3e7))),
			401},
		"iat in ten seconds":   {i.sign(head(""), claims(fmt.Sprintf(`"iat":%d`, now+10))), 200},
		"aud a list":           {i.sign(head(""), as("aud", `["a","gateway"]`)), 200},
		"aud a list of others": {i.sign(head(""), as("aud", `["a"]`)), 401},
		"aud with more":        {i.sign(head(""), as("aud", `"gateway2"`)), 401},
		"aud in capitals":      {i.sign(head(""), as("aud", `"GATEWAY"`)), 401},
		"aud an object":        {i.sign(head(""), as("aud", `{"gateway":1}`)), 401},
		"iss a list":           {i.sign(head(""), as("iss", `["https://id.test"]`)), 401},
		"iss with a slash":     {i.sign(head(""), as("iss", `"https://id.test/"`)), 401},
		"iss in capitals":      {i.sign(head(""), as("iss", `"HTTPS://id.test"`)), 401},
		"scope a list":         {i.sign(head(""), as("scope", `["read"]`)), 200},
		"scope with another":   {i.sign(head(""), as("scope", `"write read"`)), 200},
		"scope with more":      {i.sign(head(""), as("scope", `"readonly"`)), 403},
		"scope in capitals":    {i.sign(head(""), as("scope", `"READ"`)), 403},
		"scope with a comma":   {i.sign(head(""), as("scope", `"write read"`)), 200},
		"scp a text":           {i.sign(head(""), as("scope", `"","scp":"read"`)), 200},
		"padding":              {parts[0] + "=." + parts[1] + "." + parts[2], 401},
		"a signature with padding": {
			fine + "=", 401,
		},
		"a line break":           {parts[0] + "." + parts[1] + "%0A." + parts[2], 401},
		"no dots":                {strings.ReplaceAll(fine, ".", ""), 401},
		"four parts":             {fine + "." + parts[2], 401},
		"five parts":             {fine + "." + parts[2] + "." + parts[2], 401},
		"a dot more":             {fine + ".", 401},
		"parts in a wrong order": {parts[1] + "." + parts[0] + "." + parts[2], 401},
		"base64, not url":        {standard(fine), 401},
		"half a signature":       {fine[:len(fine)-20], 401},
		"a signature of zeros":   {parts[0] + "." + parts[1] + "." + b64(make([]byte, 64)), 401},
		"no signature":           {parts[0] + "." + parts[1] + ".", 401},
		"the key as a secret":    {i.secret(good), 401},
		"the JSON form": {`{"payload":"` + parts[1] + `","protected":"` + parts[0] +
			`","signature":"` + parts[2] + `"}`, 401},
	} {
		e.ask(t, "/main", bearer(tc.token), func(t *testing.T, r *http.Response, body string) {
			if r.StatusCode != tc.status {
				t.Errorf("%s %s: %d, want %d: %s", r.Proto, name, r.StatusCode, tc.status, body)
			}
		})
	}
	e.ask(t, "/es", bearer(fine), wants(401)) // a good one by an algorithm that is not allowed
	for field, status := range map[string]int{
		"Bearer " + fine: 200, "bearer " + fine: 200, "BEARER " + fine: 200, "Bearer  " + fine: 200,
		"Bearer\t" + fine: 200, "Bearer": 401, fine: 401, "Token " + fine: 401,
		"Bearer " + fine + " x": 401, "Bearer " + fine + "," + fine: 401, "Bearer" + fine: 401,
		"Bearer \"" + fine + "\"": 401, "Basic " + fine: 401,
	} {
		h := http.Header{"Authorization": {field}}
		e.ask(t, "/main", h, func(t *testing.T, r *http.Response, body string) {
			if r.StatusCode != status {
				t.Errorf("%s %.12q…: %d, want %d: %s", r.Proto, field, r.StatusCode, status, body)
			}
		})
	}
}

// standard is a token in the other alphabet of base64, with padding.
func standard(token string) string {
	parts := strings.Split(token, ".")
	for i, p := range parts {
		b, err := base64.RawURLEncoding.DecodeString(p)
		if err != nil {
			panic(err)
		}
		parts[i] = base64.StdEncoding.EncodeToString(b)
	}
	return strings.Join(parts, ".")
}

// secret is a token by HS256 whose secret is what everybody knows: the issuer's public keys.
func (i *issuer) secret(claims string) string {
	text := b64([]byte(`{"alg":"HS256","kid":"`+i.id+`"}`)) + "." + b64([]byte(claims))
	mac := hmac.New(sha256.New, []byte(i.keys()))
	mac.Write([]byte(text))
	return text + "." + b64(mac.Sum(nil))
}
