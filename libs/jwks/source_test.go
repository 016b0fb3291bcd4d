package jwks

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/jwt"
)

// keySet is a set with one key, made from a number.
func keySet(n byte) []byte {
	seed := make([]byte, ed25519.SeedSize)
	seed[0] = n
	public := ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
	return fmt.Appendf(nil, `{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"%d","x":%q}]}`, n,
		base64.RawURLEncoding.EncodeToString(public))
}

func parsed(t *testing.T, n byte) *jwt.Set {
	t.Helper()
	s, _, err := jwt.ParseSet(keySet(n), jwt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// lines is a Log that remembers.
type lines struct {
	mu  sync.Mutex
	all []string
}

func (l *lines) add(args []any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, fmt.Sprint(args...))
}
func (l *lines) Warn(args ...any) { l.add(args) }
func (l *lines) Info(args ...any) { l.add(args) }

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.all, "\n")
}

// issuer stands in for a server. Its fields are changed while it is not asked.
type issuer struct {
	t     *testing.T
	key   byte
	fresh time.Duration
	err   error
	takes time.Duration
	asked []time.Time
}

func (i *issuer) fetch(ctx context.Context) (*answer, error) {
	i.asked = append(i.asked, time.Now())
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(i.takes):
	}
	if i.err != nil {
		return nil, i.err
	}
	return &answer{set: parsed(i.t, i.key), fresh: i.fresh}, nil
}

// play runs a store with one source whose issuer is at hand, in a bubble.
func play(t *testing.T, i *issuer, then func(context.Context, *Store, *Source, *lines)) {
	t.Helper()
	i.t = t
	synctest.Test(t, func(t *testing.T) {
		store, log := NewStore(), &lines{}
		s, err := store.Source(Place{
			Name: "main", URL: "https://id.test/planted", Interval: time.Hour, Timeout: time.Second,
			Text: func(s string) string { return strings.ReplaceAll(s, "planted", "secret:env:X") },
		})
		if err != nil {
			t.Fatal(err)
		}
		s.fetch = i.fetch
		store.Follow([]*Source{s})
		ctx, cancel := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() { _ = store.Run(ctx, log) })
		then(ctx, store, s, log)
		cancel()
		group.Wait()
	})
}

// id is the kid of the one key of a set.
func same(t *testing.T, got *jwt.Set, n byte) {
	t.Helper()
	if got == nil || !got.Equal(parsed(t, n)) {
		t.Errorf("the keys are %v, want key %d", got, n)
	}
}

func TestKeysAreFetchedInTheBackground(t *testing.T) {
	i := &issuer{key: 1, takes: 10 * time.Millisecond}
	play(t, i, func(ctx context.Context, _ *Store, s *Source, log *lines) {
		if s.Keys() != nil {
			t.Error("there are keys before the first fetch")
		}
		same(t, s.First(ctx), 1) // waits for the fetch that is under way
		one := s.Keys()
		time.Sleep(66 * time.Minute) // time of the bubble: one interval, and its jitter
		if len(i.asked) != 2 || s.Keys() != one {
			t.Errorf("asked %d times; the same keys are another set: %t", len(i.asked),
				s.Keys() != one)
		}
		i.key = 2
		time.Sleep(67 * time.Minute) // time of the bubble
		same(t, s.Keys(), 2)
		if log.String() != "" {
			t.Errorf("logged: %s", log)
		}
	})
}

func TestIntervalsFollowCacheControlWithinBounds(t *testing.T) {
	for fresh, want := range map[time.Duration]time.Duration{
		0: time.Hour, time.Second: soonest, 10 * time.Minute: 10 * time.Minute,
		24 * time.Hour: time.Hour,
	} {
		i := &issuer{key: 1, fresh: fresh}
		play(t, i, func(ctx context.Context, _ *Store, _ *Source, _ *lines) {
			time.Sleep(3 * time.Hour) // time of the bubble
			between := i.asked[1].Sub(i.asked[0])
			if between < want*8/10 || between > want*12/10 {
				t.Errorf("max-age %s: asked again after %s, want about %s", fresh, between, want)
			}
		})
	}
}

func TestWhileTheIssuerIsDown(t *testing.T) {
	i := &issuer{key: 1, err: errors.New("planted is away")}
	play(t, i, func(ctx context.Context, _ *Store, s *Source, log *lines) {
		synctest.Wait()
		for range 100 { // a moment after a failure, nobody waits and nobody asks
			if s.First(ctx) != nil || len(i.asked) != 1 {
				t.Fatalf("there are keys, or it was asked %d times", len(i.asked))
			}
		}
		if s.Why() != "secret:env:X is away" {
			t.Errorf("why: %s", s.Why())
		}
		time.Sleep(time.Hour) // time of the bubble
		if n := len(i.asked); n < 55 || n > 75 {
			t.Errorf("asked %d times in an hour, want about one a minute", n)
		}
		i.err = nil
		same(t, s.First(ctx), 1) // a request has them fetched at once
		i.err = errors.New("gone again")
		time.Sleep(12 * time.Hour) // time of the bubble
		same(t, s.Keys(), 1)       // those of before stay
		i.err, i.key = nil, 2
		time.Sleep(2 * time.Minute) // time of the bubble
		same(t, s.Keys(), 2)
		want := "the keys of main can't be fetched: secret:env:X is away; requests that need " +
			"them are refused (GW_AUTH_UNAVAILABLE)\n" +
			"the keys of main can be fetched again\n" +
			"the keys of main can't be fetched: gone again; those of before stay in use\n" +
			"the keys of main can be fetched again"
		if log.String() != want {
			t.Errorf("logged:\n%s\nwant:\n%s", log, want)
		}
	})
}

func TestAKeyThatIsNotKnownIsFetchedOnce(t *testing.T) {
	i := &issuer{key: 1, takes: 10 * time.Millisecond}
	play(t, i, func(ctx context.Context, _ *Store, s *Source, _ *lines) {
		have := s.First(ctx)
		i.key = 2
		var group sync.WaitGroup
		for range 100 {
			group.Go(func() { same(t, s.Renewed(ctx, have), 2) })
		}
		group.Wait()
		now := s.Keys()
		for range 100 { // another fetch so soon brings nothing
			if s.Renewed(ctx, now) != now {
				t.Fatal("the keys are others")
			}
		}
		if len(i.asked) != 2 {
			t.Errorf("asked %d times", len(i.asked))
		}
		time.Sleep(Cooldown) // time of the bubble
		i.key = 3
		same(t, s.Renewed(ctx, now), 3)
		if len(i.asked) != 3 {
			t.Errorf("asked %d times", len(i.asked))
		}
	})
}

func TestAWaitEndsWithItsContextAndWithTheSource(t *testing.T) {
	i := &issuer{key: 1, takes: time.Hour}
	play(t, i, func(ctx context.Context, store *Store, s *Source, _ *lines) {
		short, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		if s.First(short) != nil {
			t.Error("there are keys")
		}
		var group sync.WaitGroup
		group.Go(func() {
			if s.First(ctx) != nil {
				t.Error("there are keys")
			}
		})
		synctest.Wait()
		store.Follow(nil)
		group.Wait()
	})
}

func TestSourcesLiveFromPlanToPlan(t *testing.T) {
	store := NewStore()
	source := func(name, url string) *Source {
		t.Helper()
		s, err := store.Source(Place{
			Name: name, URL: url, Interval: time.Hour, Timeout: time.Second,
		})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	a, b := source("a", "https://a.test"), source("b", "https://b.test")
	if source("a", "https://a.test") != a || source("a", "https://b.test") == b {
		t.Error("one place has two sources, or two have one")
	}
	store.Follow([]*Source{a})
	store.Follow([]*Source{b})
	if source("a", "https://a.test") != a {
		t.Error("the plan before this one has lost its source")
	}
	store.Follow([]*Source{b})
	if source("a", "https://a.test") == a {
		t.Error("a source that no plan has is kept")
	}
}

func TestKeysOfAFile(t *testing.T) {
	store := NewStore()
	s, err := store.Source(Place{Name: "main", File: keySet(1)})
	if err != nil {
		t.Fatal(err)
	}
	same(t, s.First(t.Context()), 1)
	same(t, s.Renewed(t.Context(), s.Keys()), 1)
	if again, err := store.Source(Place{Name: "main", File: keySet(1)}); err != nil || again != s {
		t.Errorf("%v; the same file has another source: %t", err, again != s)
	}
	if _, err := store.Source(Place{Name: "main", File: []byte("{}")}); err == nil {
		t.Error("a file without keys is taken")
	}
}

func TestMaxAge(t *testing.T) {
	for field, want := range map[string]time.Duration{
		"max-age=60": time.Minute, "public, Max-Age=5 , x": 5 * time.Second, "": 0,
		"no-store": 0, `max-age="7"`: 7 * time.Second, "max-age=-1": 0, "max-age=1s": 0,
		"max-age=99999999999999999999": 0, "s-maxage=5": 0,
	} {
		if got := maxAge([]string{field}); got != want {
			t.Errorf("%q: %s, want %s", field, got, want)
		}
	}
}
