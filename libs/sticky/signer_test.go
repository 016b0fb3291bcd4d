package sticky_test

import (
	"bytes"
	"encoding/base64"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/gatewayhomebrew/gateway/libs/sticky"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	secret = []byte("0123456789abcdef")
	now    = time.Unix(1_800_000_000, 500)
	here   = []string{"10.0.0.1:80", "10.0.0.2:80", "users.internal:9001"}
)

func TestAValueLeadsBack(t *testing.T) {
	s := sticky.New(secret, "app", here, time.Hour)
	// Another process with the same secret, and the endpoints in another order.
	other := sticky.New(secret, "app", []string{here[2], here[0], here[1]}, time.Hour)
	for i := range here {
		v := s.Append(nil, i, now)
		if len(v) != sticky.Length {
			t.Errorf("a value has %d bytes, not %d", len(v), sticky.Length)
		}
		if at, left, ok := s.Read(v, now); at != i || !ok || left > time.Hour ||
			left < time.Hour-2*time.Second {
			t.Errorf("endpoint %d: %d, %v, %v", i, at, left, ok)
		}
		if at, _, ok := other.Read(v, now); at != (i+1)%3 || !ok {
			t.Errorf("elsewhere endpoint %d is %d, %v", i, at, ok)
		}
		raw, err := base64.RawURLEncoding.DecodeString(string(v))
		if err != nil || bytes.Contains(raw, []byte("10.0")) || bytes.Contains(v, []byte("10.0")) {
			t.Errorf("%q tells of the address", v)
		}
	}
}

func TestWhatWasNotMadeHereIsIgnored(t *testing.T) {
	s := sticky.New(secret, "app", here, time.Hour)
	v := s.Append(nil, 1, now)
	for name, o := range map[string]*sticky.Signer{
		"another secret":  sticky.New([]byte("0123456789abcdeg"), "app", here, time.Hour),
		"another cluster": sticky.New(secret, "users", here, time.Hour),
	} {
		if _, _, ok := o.Read(v, now); ok {
			t.Errorf("%s understands it", name)
		}
	}
	if _, _, ok := s.Read(v, now.Add(time.Hour)); ok {
		t.Error("it holds after its end")
	}
	if _, _, ok := s.Read(v, now.Add(time.Hour-time.Second)); !ok {
		t.Error("it holds no longer before its end")
	}
	for i := range v {
		for bit := range 8 {
			bad := bytes.Clone(v)
			bad[i] ^= 1 << bit
			if _, _, ok := s.Read(bad, now); ok {
				t.Errorf("%q is taken for %q", bad, v)
			}
		}
	}
	for _, bad := range [][]byte{
		nil, v[1:], append(bytes.Clone(v), '='), append([]byte("A"), v...),
	} {
		if _, _, ok := s.Read(bad, now); ok {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestAnEndpointThatIsGone(t *testing.T) {
	v := sticky.New(secret, "app", here, 0).Append(nil, 0, now)
	s := sticky.New(secret, "app", here[1:], 0)
	if at, left, ok := s.Read(v, now.AddDate(50, 0, 0)); at != -1 || left != 0 || !ok {
		t.Errorf("%d, %v, %v", at, left, ok)
	}
}

func TestStale(t *testing.T) {
	hour, ever := sticky.New(secret, "a", here, time.Hour), sticky.New(secret, "a", here, 0)
	for left, want := range map[time.Duration]bool{
		0: true, time.Minute: true, 29 * time.Minute: true, 31 * time.Minute: false,
		time.Hour: false, 2 * time.Hour: true,
	} {
		if got := hour.Stale(left); got != want {
			t.Errorf("with %v left of an hour: %v", left, got)
		}
	}
	if ever.Stale(0) || !ever.Stale(time.Minute) {
		t.Error("what holds for ever")
	}
}

func TestReadingAllocatesNothing(t *testing.T) {
	s := sticky.New(secret, "app", here, time.Hour)
	v := s.Append(nil, 1, now)
	room := make([]byte, 0, sticky.Length)
	if n := testing.AllocsPerRun(100, func() {
		if _, _, ok := s.Read(v, now); !ok {
			t.Error("it is not taken")
		}
		s.Append(room, 1, now)
	}); n > 0.1 { // a pool may be emptied meanwhile
		t.Errorf("%v allocations", n)
	}
}

func FuzzRead(f *testing.F) {
	s := sticky.New(secret, "app", here, time.Hour)
	f.Add(s.Append(nil, 1, now))
	f.Add([]byte("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"))
	f.Fuzz(func(t *testing.T, value []byte) {
		if at, _, ok := s.Read(value, now); ok && !bytes.Equal(s.Append(nil, at, now), value) {
			t.Errorf("%q is taken, and was not made here", value)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	s := sticky.New(secret, "app", here, time.Hour)
	v := s.Append(nil, 1, now)
	b.ReportAllocs()
	for b.Loop() {
		s.Read(v, now)
	}
}
