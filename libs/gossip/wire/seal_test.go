package wire

import (
	"bytes"
	"math/rand/v2"
	"sync"
	"testing"
)

func key(b byte, n int) []byte { return bytes.Repeat([]byte{b}, n) }

func newKeys(t testing.TB, keys ...[]byte) *Keys {
	t.Helper()
	k, err := NewKeys(keys)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// Messages are decrypted while keys change; run with -race.
func TestKeysChangeWhileTheyAreUsed(t *testing.T) {
	t.Parallel()
	all := [][]byte{key(1, 16), key(2, 24), key(3, 32), key(4, 16)}
	stays := key(5, 32)
	keys := newKeys(t, stays)
	message := newKeys(t, stays).Seal(nil, []byte("m"), nil)
	var group sync.WaitGroup
	stop := make(chan struct{})
	group.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if b, err := keys.Open(message, nil); err != nil || string(b) != "m" {
				t.Errorf("it is read as %q, %v", b, err)
				return
			}
		}
	})
	rng := rand.New(rand.NewPCG(1, 1))
	for range 500 {
		now := [][]byte{stays}
		for _, i := range rng.Perm(len(all))[:rng.IntN(len(all))] {
			now = append(now, all[i])
		}
		rng.Shuffle(len(now), func(i, j int) { now[i], now[j] = now[j], now[i] })
		if err := keys.Set(now); err != nil {
			t.Fatal(err)
		}
		if keys.Count() != len(now) {
			t.Fatalf("%d keys, want %d", keys.Count(), len(now))
		}
		if _, err := newKeys(t, now[0]).Open(keys.Seal(nil, []byte("m"), nil), nil); err != nil {
			t.Fatal("the first key does not encrypt:", err)
		}
	}
	close(stop)
	group.Wait()
}

func TestAKeyThatIsNoneChangesNothing(t *testing.T) {
	t.Parallel()
	keys := newKeys(t, key(1, 16))
	for _, bad := range [][][]byte{nil, {key(2, 16), key(3, 15)}, {{}}} {
		if keys.Set(bad) == nil {
			t.Errorf("%x is taken", bad)
		}
	}
	b := newKeys(t, key(1, 16)).Seal(nil, []byte("m"), nil)
	if _, err := keys.Open(b, nil); err != nil {
		t.Error(err)
	}
}
