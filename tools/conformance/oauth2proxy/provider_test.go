package oauth2proxy_test

import (
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// The client that oauth2-proxy is, and a user of the provider.
const (
	clientID, clientSecret = "web", "the secret of a client"
	user, password         = "test-user@127.0.0.1", "verysecure"
	email                  = "test-user@zitadel.ch"
)

// newProvider runs zitadel's OpenID provider, with the store of its example. It knows one client,
// which people come from and go back to at an address.
func newProvider(t *testing.T, back string) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(nil)
	issuer := "http://" + s.Listener.Addr().String()
	people := storage.NewStorageWithClients(storage.NewUserStore(issuer),
		map[string]*storage.Client{clientID: storage.WebClient(clientID, clientSecret, back)})
	config := op.Config{CodeMethodS256: true}
	if _, err := rand.Read(config.CryptoKey[:]); err != nil {
		t.Fatal(err)
	}
	p, err := op.NewProvider(&config, people, op.StaticIssuer(issuer), op.WithAllowInsecure())
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", p)
	// The page where people say who they are, without the page.
	mux.HandleFunc("GET /login/username", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusOK)
	})
	mux.HandleFunc("POST /login/username", func(w http.ResponseWriter, r *http.Request) {
		id := r.FormValue("authRequestID")
		if people.CheckUsernamePassword(r.FormValue("user"), r.FormValue("password"), id) != nil {
			http.Error(w, "no such user, or another password", http.StatusUnauthorized)
			return
		}
		ctx := op.ContextWithIssuer(r.Context(), issuer)
		http.Redirect(w, r, op.AuthCallbackURL(p)(ctx, id), http.StatusFound)
	})
	s.Config.Handler = mux
	s.Start()
	t.Cleanup(s.Close)
	return s
}
