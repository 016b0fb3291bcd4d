package tokens_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// A provider is the OpenID provider of zitadel (github.com/zitadel/oidc/v3) with a store in memory:
// an issuer that none of us has written. Its clients get tokens by client_credentials, those whose
// name begins with "opaque" opaque ones.
//
// What of the two interfaces is not used is nil.
type provider struct {
	*httptest.Server
	op.Storage

	mu     sync.Mutex
	keys   []*providerKey             // guarded by mu; the last one signs
	claims map[string]any             // guarded by mu; beside the usual ones
	issued map[string]op.TokenRequest // guarded by mu; by the id of the token
	life   time.Duration              // guarded by mu; of tokens
}

// providerSecret is that of all clients.
const providerSecret = "a secret: of/all+clients%"

func newProvider(t *testing.T, algorithm jose.SignatureAlgorithm) *provider {
	t.Helper()
	p := &provider{issued: map[string]op.TokenRequest{}, life: 5 * time.Minute}
	p.rotate(t, algorithm, "first")
	p.Server = httptest.NewUnstartedServer(nil)
	issuer := "http://" + p.Listener.Addr().String()
	var config op.Config
	if _, err := rand.Read(config.CryptoKey[:]); err != nil {
		t.Fatal(err)
	}
	handler, err := op.NewProvider(&config, p, op.StaticIssuer(issuer), op.WithAllowInsecure())
	if err != nil {
		t.Fatal(err)
	}
	p.Config.Handler = handler
	p.Start()
	t.Cleanup(p.Close)
	return p
}

// rotate gives the provider another key, by which it signs from now on. The ones before stay known.
func (p *provider) rotate(t *testing.T, algorithm jose.SignatureAlgorithm, id string) {
	t.Helper()
	k := &providerKey{id: id, algorithm: algorithm}
	var err error
	switch algorithm {
	case jose.EdDSA:
		var private ed25519.PrivateKey
		_, private, err = ed25519.GenerateKey(rand.Reader)
		k.private, k.public = private, private.Public()
	case jose.ES256, jose.ES384, jose.ES512:
		curve := map[jose.SignatureAlgorithm]elliptic.Curve{
			jose.ES256: elliptic.P256(), jose.ES384: elliptic.P384(), jose.ES512: elliptic.P521(),
		}[algorithm]
		var private *ecdsa.PrivateKey
		private, err = ecdsa.GenerateKey(curve, rand.Reader)
		k.private, k.public = private, private.Public()
	default:
		var private *rsa.PrivateKey
		private, err = rsa.GenerateKey(rand.Reader, 2048)
		k.private, k.public = private, private.Public()
	}
	if err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys = append(p.keys, k)
}

// forget leaves the keys but the last out of what the provider publishes.
func (p *provider) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys = p.keys[len(p.keys)-1:]
}

// token asks for one, as a client does that has a name and a secret.
func (p *provider) token(t *testing.T, client, scope string) string {
	t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {scope}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.endpoint(t,
		"token_endpoint"), strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(url.QueryEscape(client), url.QueryEscape(providerSecret))
	var got struct {
		Token string `json:"access_token"`
		Error string `json:"error_description"`
	}
	p.decode(t, r, &got)
	if got.Token == "" {
		t.Fatalf("there is no token: %s", got.Error)
	}
	return got.Token
}

// endpoint is an address out of the provider's discovery document.
func (p *provider) endpoint(t *testing.T, name string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet,
		p.URL+"/.well-known/openid-configuration", nil)
	if err != nil {
		t.Fatal(err)
	}
	var found map[string]any
	p.decode(t, r, &found)
	at, ok := found[name].(string)
	if !ok || found["issuer"] != p.URL {
		t.Fatalf("the discovery document of %s has no %s: %v", p.URL, name, found)
	}
	return at
}

func (p *provider) decode(t *testing.T, r *http.Request, to any) {
	t.Helper()
	resp, err := p.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(to); err != nil {
		t.Fatalf("%s: %s: %v", r.URL, resp.Status, err)
	}
}

// A providerKey is a key pair: op.SigningKey, and op.Key by its public half.
type providerKey struct {
	id              string
	algorithm       jose.SignatureAlgorithm
	private, public any
}

func (k *providerKey) ID() string                                  { return k.id }
func (k *providerKey) SignatureAlgorithm() jose.SignatureAlgorithm { return k.algorithm }
func (k *providerKey) Key() any                                    { return k.private }

// publicKey is op.Key.
type publicKey struct{ *providerKey }

func (k publicKey) Algorithm() jose.SignatureAlgorithm { return k.algorithm }
func (k publicKey) Use() string                        { return "sig" }
func (k publicKey) Key() any                           { return k.public }

// SigningKey is op.Storage's.
func (p *provider) SigningKey(context.Context) (op.SigningKey, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.keys[len(p.keys)-1], nil
}

// SignatureAlgorithms is op.Storage's.
func (p *provider) SignatureAlgorithms(context.Context) (all []jose.SignatureAlgorithm, _ error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, k := range p.keys {
		all = append(all, k.algorithm)
	}
	return all, nil
}

// KeySet is op.Storage's.
func (p *provider) KeySet(context.Context) (all []op.Key, _ error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, k := range p.keys {
		all = append(all, publicKey{k})
	}
	return all, nil
}

// Health is op.Storage's.
func (p *provider) Health(context.Context) error { return nil }

// A providerClient is op.Client, as far as client_credentials goes.
type providerClient struct {
	op.Client
	id string
}

func (c providerClient) GetID() string            { return c.id }
func (c providerClient) ClockSkew() time.Duration { return 0 }
func (c providerClient) GrantTypes() []oidc.GrantType {
	return []oidc.GrantType{oidc.GrantTypeClientCredentials}
}

func (c providerClient) RestrictAdditionalAccessTokenScopes() func([]string) []string {
	return func(scopes []string) []string { return scopes }
}

// AccessTokenType says which clients get tokens that only the provider can read.
func (c providerClient) AccessTokenType() op.AccessTokenType {
	if strings.HasPrefix(c.id, "opaque") {
		return op.AccessTokenTypeBearer
	}
	return op.AccessTokenTypeJWT
}

// ClientCredentials is op.ClientCredentialsStorage's.
func (p *provider) ClientCredentials(ctx context.Context, id, secret string) (op.Client, error) {
	return providerClient{id: id}, p.AuthorizeClientIDSecret(ctx, id, secret)
}

// AuthorizeClientIDSecret is op.Storage's.
func (p *provider) AuthorizeClientIDSecret(_ context.Context, _, secret string) error {
	if secret != providerSecret {
		return errors.New("the secret is another")
	}
	return nil
}

// ClientCredentialsTokenRequest is op.ClientCredentialsStorage's. A scope aud:X is the audience of
// the token.
func (p *provider) ClientCredentialsTokenRequest(
	_ context.Context, id string, scopes []string,
) (op.TokenRequest, error) {
	r := &oidc.JWTTokenRequest{Subject: "user of " + id}
	for _, s := range scopes {
		if aud, ok := strings.CutPrefix(s, "aud:"); ok {
			r.Audience = append(r.Audience, aud)
		} else {
			r.Scopes = append(r.Scopes, s)
		}
	}
	return r, nil
}

// GetPrivateClaimsFromRequest is op.CanGetPrivateClaimsFromRequest's.
func (p *provider) GetPrivateClaimsFromRequest(
	_ context.Context, _ op.TokenRequest, scopes []string,
) (map[string]any, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := map[string]any{"scope": strings.Join(scopes, " ")}
	for name, v := range p.claims {
		all[name] = v
	}
	return all, nil
}

// CreateAccessToken is op.Storage's.
func (p *provider) CreateAccessToken(
	_ context.Context, r op.TokenRequest,
) (string, time.Time, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	id := fmt.Sprintf("token%d", len(p.issued))
	p.issued[id] = r
	return id, time.Now().Add(p.life), nil
}

// revoke has the provider say of all tokens that it issued that they do not count.
func (p *provider) revoke() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.issued)
}

// SetIntrospectionFromToken is op.Storage's.
func (p *provider) SetIntrospectionFromToken(
	_ context.Context, to *oidc.IntrospectionResponse, id, subject, _ string,
) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	r, ok := p.issued[id]
	if !ok {
		return errors.New("the token is not known")
	}
	to.Subject, to.Scope, to.Audience = subject, r.GetScopes(), r.GetAudience()
	to.Expiration, to.TokenType = oidc.FromTime(time.Now().Add(p.life)), oidc.BearerToken
	to.Issuer, to.Claims = p.URL, p.claims
	return nil
}
