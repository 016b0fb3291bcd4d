package l4

import (
	"regexp"
	"testing"
)

func TestEveryReasonHasItsNameAndMeaning(t *testing.T) {
	word := regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)
	seen := map[string]bool{"": true}
	for _, r := range Reasons() {
		if seen[r.String()] || !word.MatchString(r.String()) {
			t.Errorf("reason %d is named %q", r, r)
		}
		if m := r.Meaning(); seen[m] || m[len(m)-1] != '.' {
			t.Errorf("%s means %q", r, m)
		}
		seen[r.String()], seen[r.Meaning()] = true, true
	}
	if len(seen) != 1+2*int(reasonCount-1) {
		t.Errorf("%d names and meanings for %d reasons", len(seen)-1, reasonCount-1)
	}
}

func TestTheFirstCauseCounts(t *testing.T) {
	for _, tc := range []struct{ first, then, want Reason }{
		{ClientClosed, UpstreamClosed, ClientClosed},
		{UpstreamClosed, ClientClosed, UpstreamClosed},
		{ClientClosed, ClientReset, ClientClosed}, // it did not wait for the answer
		{UpstreamClosed, UpstreamReset, UpstreamClosed},
		{ClientClosed, UpstreamReset, ClientClosed}, // it left at the client's goodbye
		{ClientClosed, UpstreamTLS, ClientClosed},
		{UpstreamClosed, ClientReset, ClientReset},
		{ClientClosed, IdleTimeout, IdleTimeout}, // nobody ended the other direction
		{UpstreamClosed, DrainTimeout, DrainTimeout},
		{ClientReset, UpstreamReset, ClientReset},
		{IdleTimeout, ClientReset, IdleTimeout},
		{DrainTimeout, Internal, DrainTimeout},
	} {
		s := new(session)
		s.settle(tc.first)
		s.settle(tc.then)
		if got := s.why(); got != tc.want {
			t.Errorf("%s, then %s: %s, want %s", tc.first, tc.then, got, tc.want)
		}
	}
}

// A fault of ours costs one session.
func TestAPanicEndsOneSession(t *testing.T) {
	r := start(t, build(t, document(serve(t, nil))))
	c := r.held(t)
	before := r.here.Load()
	broken := *before
	broken.active = new(active) // without the clusters that its sessions name
	r.here.Store(&broken)
	r.expectRefused(t)
	r.endedFor(t, Internal)
	r.here.Store(before)
	alive(t, c)
	r.held(t)
}
