package configwire_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/configpb"
	"github.com/gatewayhomebrew/gateway/libs/configwire"
)

// A signer makes assignments as config-sync does, of what an operator has signed.
type signer struct {
	public  ed25519.PublicKey
	private ed25519.PrivateKey
}

func newSigner(t *testing.T) signer {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return signer{public, private}
}

// sign makes a revision of a text that was signed for the fleet "prod".
func (s signer) sign(revision uint64, text string, number, floor uint64) *configpb.Assignment {
	return &configpb.Assignment{
		Revision: revision, Digest: digest(text), Config: []byte(text),
		SignedNumber: number, SignedFloor: floor,
		Signature: ed25519.Sign(s.private,
			configpb.SignedText("prod", number, floor, digest(text))),
	}
}

func (s signer) options(cache string) func(*configwire.Options) {
	return func(o *configwire.Options) { o.PublicKey, o.Fleet, o.Cache = s.public, "prod", cache }
}

// What was signed once is taken again only where its signer has allowed a return to it: one step
// back, and never up again.
func TestWhatWasSignedIsNotReplayed(t *testing.T) {
	t.Parallel()
	by := newSigner(t)
	other := func(a *configpb.Assignment) *configpb.Assignment {
		text := configpb.SignedText("test", a.GetSignedNumber(), a.GetSignedFloor(), a.GetDigest())
		a.Signature = ed25519.Sign(by.private, text)
		return a
	}
	old := func(a *configpb.Assignment) *configpb.Assignment {
		a.SignedNumber = 0
		a.Signature = ed25519.Sign(by.private, []byte("gateway config "+a.GetDigest()))
		return a
	}
	s, n, cache := serve(t, "127.0.0.1:0"), &node{}, cacheFile(t)
	_, stop := run(t, n, options(n, s.address, by.options(cache)))
	st := s.next(t)
	var applied []string
	try := func(what string, a *configpb.Assignment, refusal string) {
		t.Helper()
		st.assign(t, a)
		r, _ := st.report(t)
		if r.GetApplied() != (refusal == "") || !strings.Contains(r.GetReason(), refusal) {
			t.Errorf("%s: %v", what, r)
		}
		if r.GetApplied() {
			applied = append(applied, string(a.GetConfig()))
		}
	}
	try("the first", by.sign(1, "a", 1, 0), "")
	try("the second", by.sign(2, "b", 2, 1), "")
	try("the third", by.sign(3, "c", 3, 2), "")
	try("the first again", by.sign(4, "a", 1, 0), "allows no return below number 2")
	try("the own file", &configpb.Assignment{Revision: 5}, "own file")
	try("the one before", by.sign(6, "b", 2, 1), "")
	try("up again", by.sign(7, "c", 3, 2), "not taken again")
	try("before that", by.sign(8, "a", 1, 0), "allows no return")
	try("of another fleet", other(by.sign(9, "d", 9, 2)), `not for the fleet "prod"`)
	try("as it was once", old(by.sign(10, "d", 10, 2)), "older version")
	try("a number above its revision", by.sign(11, "d", 12, 2), "below")
	changed := by.sign(12, "d", 12, 2)
	changed.SignedFloor = 0
	try("another floor", changed, "not by config_sync.public_key")
	try("the next", by.sign(13, "d", 13, 2), "")
	stop()

	again := &node{}
	run(t, again, options(again, s.address, by.options(cache)))
	st = s.next(t)
	try("after a restart, the third", by.sign(14, "c", 3, 2), "")
	try("after a restart, up again", by.sign(15, "d", 13, 2), "not taken again")
	want := []string{"a", "b", "c", "b", "d", "c"}
	if !slices.Equal(applied, want) {
		t.Errorf("applied %q, want %q", applied, want)
	}
}

// The cache is held against the key too: it may hold what came before there was a key, or what
// somebody has put there.
func TestTheCacheIsHeldAgainstTheKey(t *testing.T) {
	t.Parallel()
	by, other := newSigner(t), newSigner(t)
	fill := func(a *configpb.Assignment, with func(*configwire.Options)) (cache string) {
		t.Helper()
		cache = cacheFile(t)
		s, n := serve(t, "127.0.0.1:0"), &node{}
		_, stop := run(t, n, options(n, s.address, func(o *configwire.Options) {
			with(o)
			o.Cache = cache
		}))
		st := s.next(t)
		st.assign(t, a)
		if r, _ := st.report(t); !r.GetApplied() {
			t.Fatal(r)
		}
		stop()
		return cache
	}
	none := func(*configwire.Options) {}
	stranger := fill(other.sign(3, "a", 3, 0), other.options(""))
	for name, c := range map[string]struct {
		cache string
		key   ed25519.PublicKey
		ok    bool
	}{
		"signed":                 {fill(by.sign(3, "a", 3, 0), by.options("")), by.public, true},
		"signed, before a key":   {fill(by.sign(3, "a", 3, 0), none), by.public, true},
		"not signed":             {fill(revision(3, "a"), none), by.public, false},
		"not signed, and no key": {fill(revision(3, "a"), none), nil, true},
		"by another":             {stranger, by.public, false},
	} {
		n := &node{}
		client := configwire.New(options(n, "127.0.0.1:1", func(o *configwire.Options) {
			by.options(c.cache)(o)
			o.PublicKey = c.key
		}))
		if got, ok := client.Cached(); ok != c.ok || ok && string(got.Data) != "a" {
			t.Errorf("%s: %v %q", name, ok, got.Data)
		}
		if state := client.State(); (state.CacheError == "") != c.ok || state.Highest != 3 {
			t.Errorf("%s: %+v", name, state)
		}
	}
}

// One revision far above the others would be the last that a node takes.
func TestARevisionFarAboveIsRefused(t *testing.T) {
	t.Parallel()
	s, n, cache := serve(t, "127.0.0.1:0"), &node{}, cacheFile(t)
	c, _ := run(t, n, options(n, s.address, func(o *configwire.Options) { o.Cache = cache }))
	st := s.next(t)
	for _, far := range []uint64{math.MaxUint64, math.MaxUint64 - 1, 1 << 63, 1<<20 + 1} {
		st.assign(t, revision(far, "far"))
		if r, _ := st.report(t); r.GetApplied() || !strings.Contains(r.GetReason(), "far above 0") {
			t.Errorf("%d: %v", far, r)
		}
	}
	for _, next := range []uint64{1, 1 << 20, 2 << 20} {
		st.assign(t, revision(next, "a"))
		if r, _ := st.report(t); !r.GetApplied() {
			t.Errorf("%d: %v", next, r)
		}
	}
	if state := c.State(); state.Highest != 2<<20 {
		t.Errorf("%+v", state)
	}
}
