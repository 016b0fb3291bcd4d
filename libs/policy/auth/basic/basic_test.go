package basic

import (
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/htpasswd"
	"github.com/gatewayhomebrew/gateway/libs/policy"
	"github.com/gatewayhomebrew/gateway/libs/policy/auth"
)

// hash is that of myPassword.
const hash = "$2y$05$c4WoMPo3SXsafkva.HHa6uXQZWr7oboPiC2bT/r7q1BB8I2s0BRqC"

func users(t testing.TB, text string) *htpasswd.File {
	t.Helper()
	f, problems := htpasswd.Parse([]byte(text))
	if problems != nil {
		t.Fatal(problems)
	}
	return f
}

// request is one with credentials from an address, which can wait for ten seconds.
func request(t testing.TB, credentials, from string) *policy.Request {
	t.Helper()
	lines := ""
	if credentials != "" {
		lines = "Authorization: Basic " + coded(credentials) + "\r\n"
	}
	now := time.Now()
	return &policy.Request{
		Head: head(t, lines), Client: netip.AddrPortFrom(netip.MustParseAddr(from), 1),
		Start: now, Deadline: now.Add(10 * time.Second),
	}
}

// counting is a verifier whose work is counted, and what it finds is that the password is right.
func counting(t testing.TB) (*Verifier, *atomic.Int64) {
	t.Helper()
	v, n := NewVerifier(), new(atomic.Int64)
	v.verify = func(_ htpasswd.Hash, password []byte) bool {
		n.Add(1)
		return string(password) == "right"
	}
	return v, n
}

func TestUsersAreLetIn(t *testing.T) {
	a := New(&config.BasicUsers{Name: "team", Realm: `a "b" \c`}, users(t, "ana:"+hash),
		NewVerifier())
	for credentials, want := range map[string]auth.Verdict{
		"":                auth.Absent,
		"ana:myPassword":  auth.Accepted,
		"ana:mypassword":  auth.Refused,
		"Ana:myPassword":  auth.Refused,
		"nobody:x":        auth.Refused,
		"x:myPassword":    auth.Refused, // the decoy's
		"ana:myPassword ": auth.Refused,
		"ana:":            auth.Refused,
	} {
		o := a.Authenticate(request(t, credentials, "192.0.2.1"))
		if o.Verdict != want || (o.Rule != "") != (want == auth.Refused) || o.Answer != nil {
			t.Errorf("%q: %+v", credentials, o)
		}
		if want == auth.Accepted && (*o.Identity).Subject != "ana" {
			t.Errorf("%q: %+v", credentials, o.Identity)
		}
		if want == auth.Accepted && !o.Edits.Drops([]byte("authorization")) {
			t.Error("the password goes on")
		}
		if strings.Contains(o.Rule, "assword\"") || strings.Contains(o.Rule, "ana") {
			t.Errorf("%q: the rule shows it: %s", credentials, o.Rule)
		}
	}
	if c := a.Challenge(auth.NoCredentials, nil); c !=
		`Basic realm="a \"b\" \\c", charset="UTF-8"` {
		t.Errorf("the challenge is %s", c)
	}
	kept := New(&config.BasicUsers{Name: "team", Keep: true}, users(t, "ana:"+hash), NewVerifier())
	if o := kept.Authenticate(request(t, "ana:myPassword", "192.0.2.1")); o.Edits != nil {
		t.Error("with keep, the password ends here")
	}
}

func TestAPasswordIsVerifiedOnce(t *testing.T) {
	v, n := counting(t)
	a := New(&config.BasicUsers{Name: "team"}, users(t, "ana:"+hash), v)
	for range 5 {
		if o := a.Authenticate(request(t, "ana:right", "192.0.2.1")); o.Verdict != auth.Accepted {
			t.Fatalf("%+v", o)
		}
	}
	if n.Load() != 1 {
		t.Errorf("it was verified %d times", n.Load())
	}
	r := request(t, "ana:right", "192.0.2.1")
	if n := testing.AllocsPerRun(100, func() { a.Authenticate(r) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
	// Another hash in the file means another password, for all that anybody knows.
	for text, want := range map[string]int64{
		"ana:" + strings.Replace(hash, "$05$", "$06$", 1): 1,
		"ana:" + hash + "\nbob:" + hash:                   0,
	} {
		b := New(&config.BasicUsers{Name: "team"}, users(t, text), v)
		n.Store(0)
		b.Authenticate(request(t, "ana:right", "192.0.2.1"))
		if n.Load() != want {
			t.Errorf("%q: verified %d times", text, n.Load())
		}
	}
	gone := New(&config.BasicUsers{Name: "team"}, users(t, "bob:"+hash), v)
	if o := gone.Authenticate(request(t, "ana:right", "192.0.2.1")); o.Verdict != auth.Refused {
		t.Errorf("a user who is gone is let in: %+v", o)
	}
	other := New(&config.BasicUsers{Name: "other"}, users(t, "ana:"+hash), v)
	o := other.Authenticate(request(t, "ana:right", "192.0.2.1"))
	if o.Identity == nil || o.Identity.Name != "other" {
		t.Errorf("a user of another entry is %+v", o.Identity)
	}
}

func TestAWrongPasswordIsVerifiedOnce(t *testing.T) {
	v, n := counting(t)
	a := New(&config.BasicUsers{Name: "team"}, users(t, "ana:"+hash), v)
	for range 5 * mostWrong {
		o := a.Authenticate(request(t, "ana:wrong", "192.0.2.1"))
		if o.Verdict != auth.Refused || o.Answer != nil {
			t.Fatalf("%+v", o)
		}
	}
	if n.Load() != 1 {
		t.Errorf("it was verified %d times", n.Load())
	}
}

func TestAnUnknownNameCostsAsMuch(t *testing.T) {
	v, n := counting(t)
	a := New(&config.BasicUsers{Name: "team"}, users(t, "ana:"+hash), v)
	for i, name := range []string{"ana", "nobody", "nobody", strings.Repeat("x", 300)} {
		a.Authenticate(request(t, fmt.Sprintf("%s:wrong%d", name, i), "192.0.2.1"))
	}
	if n.Load() != 4 {
		t.Errorf("%d of 4 names were verified", n.Load())
	}
}

func TestRequestsWithOnePasswordWaitForOneVerification(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, n := counting(t)
		v.verify = func(htpasswd.Hash, []byte) bool {
			n.Add(1)
			time.Sleep(time.Second)
			return true
		}
		a := New(&config.BasicUsers{Name: "team"}, users(t, "ana:"+hash), v)
		var all sync.WaitGroup
		for range 30 {
			all.Go(func() {
				r := request(t, "ana:right", "192.0.2.1")
				if o := a.Authenticate(r); o.Verdict != auth.Accepted {
					t.Errorf("%+v", o)
				}
			})
		}
		all.Wait()
		if n.Load() != 1 {
			t.Errorf("it was verified %d times", n.Load())
		}
	})
}

func TestAFloodOfWrongPasswordsIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := NewVerifier()
		var now, most atomic.Int64
		v.verify = func(htpasswd.Hash, []byte) bool {
			most.Store(max(most.Load(), now.Add(1)))
			time.Sleep(100 * time.Millisecond)
			now.Add(-1)
			return false
		}
		a := New(&config.BasicUsers{Name: "team"}, users(t, "ana:"+hash), v)
		var all sync.WaitGroup
		var busy, wrong atomic.Int64
		for i := range 500 {
			all.Go(func() {
				r := request(t, fmt.Sprint("ana:", i), fmt.Sprintf("198.51.%d.%d", i/250, i%250))
				switch o := a.Authenticate(r); {
				case o.Verdict == auth.Unavailable:
					busy.Add(1)
				case o.Verdict == auth.Refused && o.Answer == nil:
					wrong.Add(1)
				default:
					t.Errorf("%+v", o)
				}
			})
		}
		all.Wait()
		if most.Load() > v.width || busy.Load() < 300 || busy.Load()+wrong.Load() != 500 {
			t.Errorf("%d at the same time; %d of 500 were turned away", most.Load(), busy.Load())
		}
		// Those who are known are let in meanwhile, and everybody is afterwards.
		v.verify = func(htpasswd.Hash, []byte) bool { return true }
		r := request(t, "ana:right", "192.0.2.1")
		if o := a.Authenticate(r); o.Verdict != auth.Accepted {
			t.Errorf("after the flood: %+v", o)
		}
	})
}

func TestAClientHasFewTries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, n := counting(t)
		a := New(&config.BasicUsers{Name: "team"}, users(t, "ana:"+hash), v)
		try := func(password, from string) auth.Outcome {
			return a.Authenticate(request(t, "ana:"+password, from))
		}
		for i := range mostWrong {
			if o := try(fmt.Sprint(i), "2001:db8::1"); o.Answer != nil {
				t.Fatalf("the %d. try: %+v", i+1, o)
			}
		}
		o := try("right", "2001:db8::2")
		if o.Verdict != auth.Refused || o.Answer == nil || o.Answer.Code != gwerr.RateLimited ||
			string(o.Answer.Lines) != "Retry-After: 1\r\n" || n.Load() != mostWrong {
			t.Fatalf("one more of the same network: %+v", o)
		}
		if o := try("right", "2001:db8:0:1::1"); o.Verdict != auth.Accepted {
			t.Errorf("one of another network: %+v", o)
		}
		// A user who is known is let in all the same.
		if o := try("right", "2001:db8::1"); o.Verdict != auth.Accepted {
			t.Errorf("one who is known: %+v", o)
		}
		time.Sleep(wrongEvery)
		if o := try("again", "2001:db8::1"); o.Answer != nil {
			t.Errorf("after its time: %+v", o)
		}
		time.Sleep(mostWrong * wrongEvery)
		for i := range 100 {
			if o := try(fmt.Sprint("right", i), "192.0.2.9"); i < mostWrong && o.Answer != nil {
				t.Fatalf("the %d. try: %+v", i+1, o)
			}
		}
	})
}

func TestAddressesAreBounded(t *testing.T) {
	b := newBudget()
	for i := range mostAddresses + 500 {
		a := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		if ok, _ := b.begin(a); !ok {
			t.Fatal("a new address may not try")
		}
		b.end(a, true)
	}
	if n := len(b.clients); n > mostAddresses {
		t.Errorf("%d addresses are kept", n)
	}
	b = newBudget()
	for range 1000 {
		a := netip.MustParseAddr("192.0.2.1")
		_, _ = b.begin(a)
		b.end(a, false)
	}
	if n := len(b.clients); n > 0 {
		t.Errorf("%d addresses are kept that did nothing wrong", n)
	}
}

func TestWhatIsRememberedIsBounded(t *testing.T) {
	v, k := new(memory), newMarker()
	id := new(policy.Identity)
	for i := range 3 * sets * ways {
		m := k.mark("a", credentials{[]byte(fmt.Sprint(i)), []byte("p")}, hash)
		v.add(&m, id)
		if got, ok := v.find(&m); !ok || got != id {
			t.Fatal("what was just added is not there")
		}
	}
	a := k.mark("ab", credentials{[]byte("c"), nil}, "d")
	for _, m := range []mark{
		k.mark("a", credentials{[]byte("bc"), nil}, "d"),
		k.mark("ab", credentials{[]byte("cd"), nil}, ""),
		newMarker().mark("ab", credentials{[]byte("c"), nil}, "d"),
	} {
		if a == m {
			t.Error("two marks are the same")
		}
	}
}

func TestAFileThatCannotBeUsedIsNobodysFault(t *testing.T) {
	a := New(&config.BasicUsers{Name: "team"}, nil, NewVerifier())
	o := a.Authenticate(request(t, "ana:myPassword", "192.0.2.1"))
	if o.Verdict != auth.Unavailable {
		t.Errorf("%+v", o)
	}
	none := New(&config.BasicUsers{Name: "team"}, users(t, "#\n"), NewVerifier())
	o = none.Authenticate(request(t, "ana:myPassword", "192.0.2.1"))
	if o.Verdict != auth.Refused {
		t.Errorf("%+v", o)
	}
}
