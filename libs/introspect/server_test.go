package introspect_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/introspect"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func server(t *testing.T, timeout time.Duration, h http.HandlerFunc) *introspect.Server {
	t.Helper()
	web := httptest.NewServer(h)
	s, err := introspect.New(introspect.Options{
		URL: web.URL + "/planted-path", ClientID: "gate:way", ClientSecret: "planted secret+",
		Timeout: timeout,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Close()
		web.Close()
	})
	return s
}

func TestWhatIsAsked(t *testing.T) {
	s := server(t, testkit.Deadline, func(w http.ResponseWriter, r *http.Request) {
		id, secret, _ := r.BasicAuth()
		if r.Method != http.MethodPost || r.FormValue("token") != "a+b/c==" ||
			r.FormValue("token_type_hint") != "access_token" ||
			id != "gate%3Away" || secret != "planted+secret%2B" {
			t.Errorf("%s %v %q %q", r.Method, r.Form, id, secret)
		}
		_, _ = io.WriteString(w, `{"active":true,"sub":"alice","scope":"a b"}`)
	})
	claims, active, err := s.Ask(t.Context(), "a+b/c==")
	if err != nil || !active || claims.Text("sub") != "alice" {
		t.Errorf("%v, %v, %v", claims, active, err)
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	done := make(chan struct{})
	for name, tc := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"no JSON":        {says(200, `active`), "JSON"},
		"a list":         {says(200, `[true]`), "JSON"},
		"active twice":   {says(200, `{"active":false,"active":true}`), "double members"},
		"not active":     {says(200, `{}`), "does not say"},
		"active a text":  {says(200, `{"active":"true"}`), "does not say"},
		"active a 1":     {says(200, `{"active":1}`), "does not say"},
		"wrong secret":   {says(401, `{"active":true}`), "client_secret (status 401)"},
		"forbidden":      {says(403, `{"active":true}`), "(status 403)"},
		"an error":       {says(500, `{"active":true}`), "status 500"},
		"another status": {says(202, `{"active":true}`), "status 202"},
		"a redirect": {
			func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusTemporaryRedirect)
			}, "redirect",
		},
		"endless": {
			func(w http.ResponseWriter, _ *http.Request) {
				piece := strings.Repeat(" ", 1<<20)
				for range 1 << 10 { // a gigabyte
					if _, err := io.WriteString(w, piece); err != nil {
						return
					}
				}
			}, "too large",
		},
	} {
		s := server(t, testkit.Deadline, tc.answer)
		_, active, err := s.Ask(t.Context(), "planted-token")
		if active || err == nil || !strings.Contains(err.Error(), tc.want) ||
			strings.Contains(err.Error(), "planted") {
			t.Errorf("%s: %v, %v; want %q", name, active, err, tc.want)
		}
	}
	slow := server(t, 50*time.Millisecond, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "{")
		_ = http.NewResponseController(w).Flush()
		<-done
	})
	if _, _, err := slow.Ask(t.Context(), "x"); err == nil ||
		!strings.Contains(err.Error(), "in time") {
		t.Errorf("an answer that does not end: %v", err)
	}
	close(done)
}

func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func TestATokenIsAskedAboutOnceAtATime(t *testing.T) {
	var asked atomic.Int32
	begun, goOn := make(chan struct{}, 100), make(chan struct{})
	s := server(t, testkit.Deadline, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		begun <- struct{}{}
		<-goOn
		_, _ = fmt.Fprintf(w, `{"active":true,"sub":%q}`, r.FormValue("token"))
	})
	var group sync.WaitGroup
	ask := func(token string) {
		group.Go(func() {
			claims, _, err := s.Ask(t.Context(), token)
			if err != nil || claims.Text("sub") != token {
				t.Errorf("%s: %v, %v", token, claims, err)
			}
		})
	}
	ask("one")
	<-begun
	for range 50 {
		ask("one")
	}
	ask("two")
	<-begun
	// One that does not want to wait gets no answer, and the others do.
	short, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := s.Ask(short, "one"); err == nil {
		t.Error("there is an answer")
	}
	close(goOn)
	group.Wait()
	// Those that came late may have asked for themselves, one at a time.
	if n := asked.Load(); n < 2 || n > 52 {
		t.Errorf("asked %d times", n)
	}
}

func TestManyTokensAtATime(t *testing.T) {
	var now, most atomic.Int32
	s := server(t, testkit.Deadline, func(w http.ResponseWriter, _ *http.Request) {
		n := now.Add(1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		defer now.Add(-1)
		_, _ = io.WriteString(w, `{"active":false}`)
	})
	var group sync.WaitGroup
	for i := range 500 {
		group.Go(func() {
			if _, active, err := s.Ask(t.Context(), fmt.Sprint(i)); active || err != nil {
				t.Errorf("%v, %v", active, err)
			}
		})
	}
	group.Wait()
	if n := most.Load(); n > 64 {
		t.Errorf("%d were asked about at a time", n)
	}
}
