package policy

import (
	"testing"
	"time"
)

func TestGRPCTimeouts(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"1H": time.Hour, "2M": 2 * time.Minute, "3S": 3 * time.Second, "4m": 4 * time.Millisecond,
		"5u": 5 * time.Microsecond, "6n": 6, "99999999n": 99999999, "0S": 1,
		"99999999H": 1 << 62, // more than can be told
	} {
		if d, ok := parseTimeout([]byte(text)); !ok || d != want {
			t.Errorf("%s is %v %v, want %v", text, d, ok, want)
		}
	}
	for _, text := range []string{"", "S", "1", "-1S", "1.5S", "1s", "123456789S", "1 S", "1SS"} {
		if d, ok := parseTimeout([]byte(text)); ok {
			t.Errorf("%q is taken for %v", text, d)
		}
	}
}

func FuzzGRPCTimeout(f *testing.F) {
	f.Add([]byte("10S"))
	f.Fuzz(func(t *testing.T, v []byte) {
		if d, ok := parseTimeout(v); ok && d <= 0 {
			t.Fatalf("%q is %v", v, d)
		}
	})
}
