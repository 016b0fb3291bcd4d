package rig

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"golang.org/x/crypto/bcrypt"
)

// A Policy is something that a route of the edge does to its requests, and what is measured with
// it.
type Policy struct {
	// Route is YAML within the route, Top YAML at the end of the document.
	Route, Top string
	// Files go beside the configuration, by name.
	Files map[string]string
	// Message is the request that is sent.
	Message string
	// Kind says in the report what is done.
	Kind string
}

// guardedRoute is the route that has the policy. The others stay open, for the first request.
var guardedRoute = route{"guarded", Host, manyPath}

// guardedPath is what is asked for.
const guardedPath = manyPath + "/items/42"

// WithPolicy is the duty of Few with a route more that has a policy. In the report the edge is
// called as; empty: as usual.
func WithPolicy(name, as string, p *Policy) Duty {
	d := Few()
	d.Name, d.As, d.Policy = name, as, p
	d.routes = append(d.routes[:len(d.routes):len(d.routes)], guardedRoute)
	return d
}

// Open is the policy without what it does: the same request goes through a route that does nothing
// to it.
func (p *Policy) Open() *Policy { return &Policy{Message: p.Message} }

// WritePolicy puts the files of the duty's policy into the site's folder, and returns the path of
// the one with the request.
func (s Site) WritePolicy() (message string, err error) {
	for name, text := range s.Duty.Policy.Files {
		if _, err := s.For(Duty{}).write(name, text); err != nil {
			return "", err
		}
	}
	return s.write("message", s.Duty.Policy.Message)
}

// The names of the policies that NewPolicy knows.
const (
	Contract  = "contract"
	JWT       = "auth-jwt"
	Basic     = "auth-basic"
	RateLimit = "rate-limit"
)

// NewPolicy makes a policy by its name, with keys and passwords of its own.
func NewPolicy(name string) (*Policy, error) {
	get := "GET " + guardedPath + " HTTP/1.1\r\nHost: " + Host + "\r\n"
	switch name {
	case Contract:
		body := order()
		return &Policy{
			Kind:  fmt.Sprintf("%d bytes of JSON held against an OpenAPI document", len(body)),
			Route: "openapi: {spec: contract-api.yaml, requests: enforce}",
			Files: map[string]string{"contract-api.yaml": orders},
			Message: fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\n"+
				"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
				guardedPath, Host, len(body), body),
		}, nil
	case JWT:
		return tokens(get)
	case Basic:
		// The least cost: what is measured is a password that was verified before.
		hash, err := bcrypt.GenerateFromPassword([]byte("bench"), bcrypt.MinCost)
		if err != nil {
			return nil, err
		}
		credentials := base64.StdEncoding.EncodeToString([]byte("bench:bench"))
		return &Policy{
			Kind:    "a password that was verified before (auth.basic)",
			Route:   "auth: {basic: bench}",
			Top:     "auth: {basic: [{name: bench, realm: bench, file: bench.htpasswd}]}\n",
			Files:   map[string]string{"bench.htpasswd": "bench:" + string(hash) + "\n"},
			Message: get + "Authorization: Basic " + credentials + "\r\n\r\n",
		}, nil
	case RateLimit:
		return &Policy{
			Kind:    "a rate limit by client, never reached",
			Route:   "rate_limit: {requests: 1000000000, per: 1s, key: client}",
			Message: get + "\r\n",
		}, nil
	}
	return nil, fmt.Errorf("there is no policy %q", name)
}

// tokens is the policy that takes a signed token, which is always the same.
func tokens(get string) (*Policy, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		return nil, err
	}
	coding := base64.RawURLEncoding
	const half = 32
	signed := coding.EncodeToString([]byte(`{"alg":"ES256","typ":"JWT","kid":"bench"}`)) + "." +
		coding.EncodeToString(fmt.Appendf(nil, `{"iss":"https://id.bench.test","aud":"bench",`+
			`"sub":"user-1","scope":"items.read items.write","exp":%d}`,
			time.Now().Add(24*time.Hour).Unix()))
	sum := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
	if err != nil {
		return nil, err
	}
	signature := make([]byte, 2*half)
	r.FillBytes(signature[:half])
	s.FillBytes(signature[half:])
	return &Policy{
		Kind:  "a token that was checked before (auth.jwt), and a scope",
		Route: "auth: {jwt: bench, scopes: [items.read]}",
		Top: "auth: {jwt: [{name: bench, issuer: \"https://id.bench.test\", audiences: [bench], " +
			"jwks: {file: bench-keys.json}}]}\n",
		Files: map[string]string{"bench-keys.json": fmt.Sprintf(
			`{"keys":[{"kty":"EC","crv":"P-256","kid":"bench","use":"sig","x":%q,"y":%q}]}`,
			coding.EncodeToString(point[1:1+half]), coding.EncodeToString(point[1+half:]))},
		Message: get + "Authorization: Bearer " + signed + "." +
			coding.EncodeToString(signature) + "\r\n\r\n",
	}, nil
}

// order is a body of about a kilobyte, as an API of a shop has it.
func order() string {
	var b strings.Builder
	b.WriteString(`{"id":"6f9619ff-8b86-d011-b42d-00c04fc964ff","created":"2026-11-30T12:00:00Z",` +
		`"email":"jane@example.com","status":"open","lines":[`)
	for i := range 8 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"sku":"AB-%04d","name":"a thing of some length","count":%d,`+
			`"price":%d.99,"tags":["red","blue"]}`, i, i+1, i*10)
	}
	b.WriteString(`],"address":{"street":"Long Street 1","city":"Berlin","zip":"10115"}}`)
	return b.String()
}

// orders is the document that order is as described by.
const orders = `openapi: 3.1.0
info: {title: orders, version: "1"}
paths:
  /r/items/{id}:
    post:
      parameters:
        - {name: id, in: path, required: true, schema: {type: integer, minimum: 1}}
      requestBody:
        required: true
        content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}
      responses: {"200": {description: done}}
components:
  schemas:
    Order:
      type: object
      required: [id, created, lines]
      additionalProperties: false
      properties:
        id: {type: string, format: uuid}
        created: {type: string, format: date-time}
        email: {type: string, format: email}
        status: {enum: [open, paid, sent]}
        lines: {type: array, maxItems: 100, items: {$ref: "#/components/schemas/Line"}}
        address: {oneOf: [{type: "null"}, {$ref: "#/components/schemas/Address"}]}
    Line:
      type: object
      required: [sku, count, price]
      properties:
        sku: {type: string, pattern: "^[A-Z]{2}-[0-9]{4}$"}
        name: {type: string, minLength: 1, maxLength: 200}
        count: {type: integer, minimum: 1}
        price: {type: number, minimum: 0, multipleOf: 0.01}
        tags: {type: array, uniqueItems: true, items: {type: string, maxLength: 20}}
    Address:
      type: object
      required: [street, city]
      properties:
        street: {type: string}
        city: {type: string}
        zip: {type: string, pattern: "^[0-9]{5}$"}
`
