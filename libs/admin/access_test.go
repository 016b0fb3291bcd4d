package admin_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/admin"
)

func TestForeignHostsAndOriginsAreRefused(t *testing.T) {
	s := live()
	h := s.handler()
	for _, host := range []string{
		"evil.example", "evil.example:9901", "127.0.0.1.evil.example", "localhost.evil.example",
		"localhost.", "::1]x", "",
	} {
		if w := do(h, "GET", "/config", "Host", host); w.Code != 403 {
			t.Errorf("Host %q: status %d", host, w.Code)
		}
	}
	for _, host := range []string{
		"localhost:9901", "LOCALHOST", "127.0.0.1", "[::1]:9901", "[::1]",
	} {
		if w := do(h, "GET", "/healthz", "Host", host); w.Code != 200 {
			t.Errorf("Host %q: status %d", host, w.Code)
		}
	}
	if w := do(h, "POST", "/drain", "Origin", "http://evil.example"); w.Code != 403 ||
		s.drains != 0 {
		t.Errorf("a foreign page drains: status %d", w.Code)
	}
}

func TestAForeignPageIsRefusedWithATokenToo(t *testing.T) {
	s := locked()
	if w := do(s.handler(), "POST", "/drain", "Authorization", "Bearer secret", "Origin",
		"http://evil.example"); w.Code != 403 || s.drains != 0 {
		t.Errorf("status %d", w.Code)
	}
}

func TestTokenIsNeededForAllButHealthAndReadiness(t *testing.T) {
	s := locked()
	h := s.handler()
	for _, path := range []string{"/healthz", "/readyz"} {
		if w := do(h, "GET", path); w.Code != 200 {
			t.Errorf("%s: status %d", path, w.Code)
		}
	}
	for _, path := range []string{
		"/status", "/nothing", "/", "//healthz", "/healthz/", "/healthz/../status", "/%68ealthz/",
		"/HEALTHZ", "/healthz%00", "/why/known", "/why/../healthz",
	} {
		w := do(h, "GET", path)
		if w.Code != 401 || w.Header().Get("WWW-Authenticate") == "" {
			t.Errorf("%s: status %d, WWW-Authenticate %q", path, w.Code,
				w.Header().Get("WWW-Authenticate"))
		}
		if strings.Contains(w.Body.String(), "/status") {
			t.Errorf("%s: it is told what there is: %s", path, w.Body)
		}
	}
	if do(h, "POST", "/drain"); s.drains != 0 {
		t.Error("drained without the token")
	}
}

func TestOnlyTheTokenIsTheToken(t *testing.T) {
	h := locked().handler()
	for _, headers := range [][]string{
		{"Authorization", "Bearer secret"},
		{"Authorization", "bearer secret"},
		{"Authorization", "BEARER  secret "},
	} {
		if w := do(h, "GET", "/status",
			append(headers, "Host", "gateway.example")...); w.Code != 200 {
			t.Errorf("%q: status %d", headers, w.Code)
		}
	}
	for _, headers := range [][]string{
		{"Authorization", ""},
		{"Authorization", "secret"},
		{"Authorization", "Bearer"},
		{"Authorization", "Bearer "},
		{"Authorization", "Bearer secre"},
		{"Authorization", "Bearer secrets"},
		{"Authorization", "Bearer Secret"},
		{"Authorization", "Bearer secret secret"},
		{"Authorization", "Bearer secret,"},
		{"Authorization", "Bearer \"secret\""},
		{"Authorization", "Bearer\tsecret"},
		{"Authorization", "Basic secret"},
		{"Authorization", "Basic OnNlY3JldA=="},
		{"Authorization", "Bearer wrong", "Authorization", "Bearer secret"},
		{"Authorization", "Bearer secret", "Authorization", "Bearer wrong"},
		{"X-Authorization", "Bearer secret"},
		{"Cookie", "Authorization=Bearer secret"},
		{"Authorization", "Bearer " + strings.Repeat("secret", 1000)},
	} {
		if w := do(h, "GET", "/status", headers...); w.Code != 401 {
			t.Errorf("%.60q: status %d", headers, w.Code)
		}
	}
	if w := do(h, "GET", "/status?token=secret&access_token=secret"); w.Code != 401 {
		t.Errorf("in the query: status %d", w.Code)
	}
}

func TestWrongTokensAreLoggedOnceAMinuteAndNeverShown(t *testing.T) {
	now := started
	s := locked()
	s.Now = func() time.Time { return now }
	h := s.handler()
	guess := func() { do(h, "GET", "/status", "Authorization", "Bearer guess") }
	for range 100 {
		guess()
	}
	if got := len(s.warnings()); got != 1 {
		t.Fatalf("%d warnings for 100 requests at once", got)
	}
	now = now.Add(time.Minute)
	guess()
	guess()
	if got := len(s.warnings()); got != 2 || s.logged.LastEntry().Data["count"] != 100 {
		t.Errorf("%d warnings; the last is %+v", got, s.logged.LastEntry().Data)
	}
	for _, e := range s.logged.AllEntries() {
		if line, _ := e.String(); strings.Contains(line, "guess") ||
			strings.Contains(line, "secret") {
			t.Errorf("a token is logged: %s", line)
		}
	}
}

func TestListensOnLoopbackOnlyUnlessThereIsAToken(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "localhost:0", "127.0.0.2:0"} {
		l, err := admin.Listen(t.Context(), address, false)
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		l.Close()
	}
	for _, address := range []string{
		":0", "0.0.0.0:0", "[::]:0", "192.0.2.1:0", "example.com:0", "2130706433:0",
	} {
		if l, err := admin.Listen(t.Context(), address, false); err == nil ||
			!strings.Contains(err.Error(), "not on loopback") {
			t.Errorf("%s: %v, %v", address, l, err)
		}
	}
	for _, address := range []string{":0", "0.0.0.0:0", "127.0.0.1:0"} {
		l, err := admin.Listen(t.Context(), address, true)
		if err != nil {
			t.Errorf("%s with a token: %v", address, err)
			continue
		}
		l.Close()
	}
	for _, address := range []string{"127.0.0.1", "", "127.0.0.1:0:0"} {
		if _, err := admin.Listen(t.Context(), address, true); err == nil {
			t.Errorf("%q is taken for an address", address)
		}
	}
}
