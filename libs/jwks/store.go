package jwks

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/fetch"
	"github.com/gatewayhomebrew/gateway/libs/jwt"
)

// A Place is where keys are. Two that are equal have one Source.
type Place struct {
	// Name is what logs and metrics call it.
	Name string
	// URL has the keys. "": File has them.
	URL string
	// CA are the authorities (PEM) that the server is verified by, nil for those of the system.
	CA []byte
	// Interval is how often it is asked, Timeout how long an answer may take.
	Interval, Timeout time.Duration
	// File is what is in a file.
	File []byte
	// Text hides what an error must not show, such as an address that is a secret.
	Text func(string) string
}

// identity is the same for the same place. It does not show a secret.
func (p *Place) identity() string {
	h := sha256.New()
	for _, s := range []string{
		p.Name, p.URL, string(p.CA), p.Interval.String(), p.Timeout.String(), string(p.File),
	} {
		fmt.Fprintf(h, "%d %s", len(s), s)
	}
	return string(h.Sum(nil))
}

func (p *Place) text(s string) string {
	if p.Text == nil {
		return s
	}
	return p.Text(s)
}

// A Log is told what became of fetches: of failures where one comes after a success or for another
// reason, and of keys that are not used.
type Log interface {
	Warn(args ...any)
	Info(args ...any)
}

// A Store has the sources of all plans of a process. Its methods may be called at the same time.
type Store struct {
	mu      sync.Mutex
	sources map[string]*Source // guarded by mu
	present []*Source          // guarded by mu; of the plan in force
	before  []*Source          // guarded by mu; of the one before it, for a rollback
	changed chan struct{}      // has one: present is another list
	log     Log                // guarded by mu; nil until Run
}

// NewStore returns a store without sources.
func NewStore() *Store {
	return &Store{sources: make(map[string]*Source), changed: make(chan struct{}, 1)}
}

// Source returns the source of a place. It is an error if there is no key in File that can be used.
func (s *Store) Source(p Place) (*Source, error) {
	id := p.identity()
	s.mu.Lock()
	defer s.mu.Unlock()
	if source := s.sources[id]; source != nil {
		return source, nil
	}
	source := &Source{place: p, store: s, wake: make(chan struct{}, 1), close: func() {}}
	if p.URL == "" {
		set, _, err := jwt.ParseSet(p.File, jwt.Options{Private: true})
		if err != nil {
			return nil, err
		}
		source.keys.Store(set)
	} else if err := source.dial(); err != nil {
		return nil, err
	}
	s.sources[id] = source
	return source, nil
}

// dial makes what asks the URL.
func (s *Source) dial() error {
	c, err := fetch.New(fetch.Options{
		Timeout: s.place.Timeout, MaxBytes: jwt.MaxSetBytes, CA: s.place.CA,
	})
	if err != nil {
		return err
	}
	s.close = c.Close
	s.fetch = func(ctx context.Context) (*answer, error) {
		r, err := http.NewRequest(http.MethodGet, s.place.URL, nil)
		if err != nil {
			return nil, errors.New("the URL can't be asked")
		}
		r.Header.Set("Accept", "application/jwk-set+json, application/json")
		got, err := c.Do(ctx, r)
		if err != nil {
			return nil, err
		}
		if got.Status != http.StatusOK {
			return nil, got.StatusError()
		}
		a := &answer{fresh: maxAge(got.Header.Values("Cache-Control"))}
		a.set, a.notes, err = jwt.ParseSet(got.Body, jwt.Options{})
		if err != nil && len(a.notes) > 0 {
			err = fmt.Errorf("%w: %s", err, strings.Join(a.notes, "; "))
		}
		if err != nil {
			return nil, err
		}
		return a, nil
	}
	return nil
}

// Follow says that these sources are those of the plan that is in force from now on. Others are
// forgotten, but for those of the plan before it.
func (s *Store) Follow(sources []*Source) {
	s.mu.Lock()
	s.before, s.present = s.present, sources
	maps.DeleteFunc(s.sources, func(_ string, one *Source) bool {
		return !slices.Contains(s.present, one) && !slices.Contains(s.before, one)
	})
	for _, one := range sources {
		s.sources[one.place.identity()] = one
	}
	s.mu.Unlock()
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// Run keeps the sources of the plan in force fresh, until ctx ends.
func (s *Store) Run(ctx context.Context, log Log) error {
	s.mu.Lock()
	s.log = log
	s.mu.Unlock()
	running := make(map[*Source]context.CancelFunc)
	var group sync.WaitGroup
	defer group.Wait()
	for {
		s.mu.Lock()
		present := slices.Clone(s.present)
		s.mu.Unlock()
		for one, stop := range running {
			if !slices.Contains(present, one) {
				stop()
				delete(running, one)
			}
		}
		for _, one := range present {
			if running[one] != nil || one.fetch == nil {
				continue
			}
			its, stop := context.WithCancel(ctx)
			running[one] = stop
			group.Go(func() { one.run(its) })
		}
		select {
		case <-ctx.Done():
			for _, stop := range running {
				stop()
			}
			return nil
		case <-s.changed:
		}
	}
}

// tell logs what came of a fetch; a is nil where it failed. before and fine are how the one before
// it ended.
func (s *Store) tell(one *Source, a *answer, before string, fine bool) {
	s.mu.Lock()
	log := s.log
	s.mu.Unlock()
	name := one.place.Name
	switch {
	case a != nil && !fine:
		log.Info(fmt.Sprintf("the keys of %s can be fetched again", name))
	case a == nil && (fine || before != one.Why()):
		state := "requests that need them are refused (GW_AUTH_UNAVAILABLE)"
		if one.Keys() != nil {
			state = "those of before stay in use"
		}
		log.Warn(fmt.Sprintf("the keys of %s can't be fetched: %s; %s", name, one.Why(), state))
	}
	if a != nil {
		s.tellNotes(one, log, a.notes)
	}
}

// tellNotes logs why keys are not used, where that is news.
func (s *Store) tellNotes(one *Source, log Log, notes []string) {
	all := strings.Join(notes, "; ")
	s.mu.Lock()
	news := all != one.told
	one.told = all
	s.mu.Unlock()
	if news && all != "" {
		log.Warn(fmt.Sprintf("not all keys of %s can be used: %s", one.place.Name,
			one.place.text(all)))
	}
}

// maxAge is the max-age of Cache-Control (RFC 9111 section 5.2.2.1), 0 for none that is usable.
func maxAge(fields []string) time.Duration {
	for d := range strings.SplitSeq(strings.Join(fields, ","), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(d), "=")
		if !strings.EqualFold(name, "max-age") {
			continue
		}
		n := 0
		for _, c := range strings.Trim(value, `"`) {
			if c < '0' || c > '9' || n > 1<<30 {
				return 0
			}
			n = n*10 + int(c-'0')
		}
		return time.Duration(n) * time.Second
	}
	return 0
}
