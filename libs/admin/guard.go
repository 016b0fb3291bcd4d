package admin

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
)

// identified gives each request an ID, and each answer the fields that all have.
func (s *Server) identified(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var id [16]byte
		_, _ = rand.Read(id[:]) // never fails
		h := w.Header()
		h.Set(idField, hex.EncodeToString(id[:]))
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}

// recovered answers a request whose handler panicked.
func (s *Server) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(plain http.ResponseWriter, r *http.Request) {
		w := &begun{ResponseWriter: plain}
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if p != http.ErrAbortHandler {
				s.entry(w, r).WithField("stack",
					string(debug.Stack())).Errorf("the admin API failed: %v", p)
			}
			if w.yes || p == http.ErrAbortHandler {
				// what has been sent can't be taken back, only broken off
				panic(http.ErrAbortHandler)
			}
			fail(w, gwerr.Internal,
				"the gateway failed; its log tells of it under the correlation_id")
		}()
		next.ServeHTTP(w, r)
	})
}

// begun knows whether an answer has begun.
type begun struct {
	http.ResponseWriter
	yes bool
}

func (b *begun) WriteHeader(status int) {
	b.yes = true
	b.ResponseWriter.WriteHeader(status)
}

func (b *begun) Write(p []byte) (int, error) {
	b.yes = true
	return b.ResponseWriter.Write(p)
}

// Unwrap is for http.ResponseController.
func (b *begun) Unwrap() http.ResponseWriter { return b.ResponseWriter }

// ownHost refuses requests for a host name other than localhost: a page of that name has had it
// resolved to loopback.
func ownHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
		if _, err := netip.ParseAddr(host); err != nil && !strings.EqualFold(host, "localhost") {
			fail(w, gwerr.Forbidden,
				"the Host field has to be an IP address or localhost, unless admin.token is set")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// sameOrigin refuses changes on behalf of a page of another origin.
func sameOrigin(next http.Handler) http.Handler {
	origin := http.NewCrossOriginProtection()
	origin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fail(w, gwerr.Forbidden, "a page of another origin may not do this")
	}))
	return origin.Handler(next)
}

// authenticated refuses requests without the token, except for the open paths.
func (s *Server) authenticated(open []string, next http.Handler) http.Handler {
	want := sha256.Sum256([]byte(s.options.Token))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !slices.Contains(open, r.URL.Path) {
			got, ok := bearer(r.Header)
			reads := r.Method == http.MethodGet || r.Method == http.MethodHead
			if !ok && reads && wantsPage(r) {
				// A browser can ask a person for a password, and for nothing else. It sends that
				// by itself from then on, so it counts for nothing that changes something.
				_, got, ok = r.BasicAuth()
			}
			// Of the hashes, because comparing texts of different lengths takes a different time.
			sum := sha256.Sum256([]byte(got))
			if subtle.ConstantTimeCompare(sum[:], want[:]) != 1 || !ok {
				s.intruder(w, r)
				w.Header().Set("WWW-Authenticate", `Bearer realm="gateway admin"`)
				if wantsPage(r) {
					w.Header().Set("WWW-Authenticate",
						`Basic realm="gateway admin: any name, and the token"`)
				}
				fail(w, gwerr.Unauthenticated,
					"this needs the field \"Authorization: Bearer TOKEN\" with the value of "+
						"admin.token")
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// bearer is the token of a request that carries exactly one.
func bearer(h http.Header) (token string, ok bool) {
	fields := h.Values("Authorization")
	if len(fields) != 1 {
		return "", false
	}
	scheme, token, _ := strings.Cut(fields[0], " ")
	return strings.TrimSpace(token), strings.EqualFold(scheme, "Bearer")
}

// alarmInterval is how often the log tells of requests without the token: each would let anybody
// fill it.
const alarmInterval = time.Minute

// alarm counts what is logged now and then only.
type alarm struct {
	mu    sync.Mutex
	last  time.Time // guarded by mu
	count int       // since last; guarded by mu
}

// ring counts one more, and says whether it is time to tell, and of how many.
func (a *alarm) ring(now time.Time) (count int, tell bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.count++
	if !a.last.IsZero() && now.Sub(a.last) < alarmInterval {
		return 0, false
	}
	count, a.count, a.last = a.count, 0, now
	return count, true
}

func (s *Server) intruder(w http.ResponseWriter, r *http.Request) {
	if n, tell := s.alarm.ring(s.options.Now()); tell {
		s.entry(w, r).WithField("count",
			n).Warn("refused requests to the admin API that did not carry the token; the last " +
			"one is told of")
	}
}

// audit logs who asks for a change.
func (s *Server) audit(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		s.entry(w, r).Info("asked over the admin API")
	}
}

func (s *Server) entry(w http.ResponseWriter, r *http.Request) *logrus.Entry {
	path := r.URL.Path
	return s.options.Log.WithFields(logrus.Fields{
		"correlation_id": w.Header().Get(idField),
		"client":         r.RemoteAddr,
		"operation":      fmt.Sprintf("%s %s", r.Method, path[:min(len(path), 200)]),
	})
}
