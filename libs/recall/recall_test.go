package recall_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/recall"
)

// Whatever is put in, the ring has the last values that fit, in their order.
func TestARingHasTheLastThatFit(t *testing.T) {
	type value struct{ id, n, size int }
	for seed := range uint64(50) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		most, bytes := 1+rnd.IntN(20), 1+rnd.IntN(500)
		r := recall.New[int](most, bytes)
		var all []value
		for n := range 200 {
			v := value{rnd.IntN(30), n, 1 + rnd.IntN(60)}
			all = append(all, v)
			r.Put(fmt.Sprint(v.id), v.size, v.n)
			sum := 0
			for _, v := range all {
				sum += v.size
			}
			for len(all) > most || len(all) > 1 && sum > bytes {
				sum -= all[0].size
				all = all[1:]
			}
			if r.Len() != len(all) || r.Bytes() != sum {
				t.Fatalf("seed %d: %d values of %d bytes, want %d of %d", seed, r.Len(), r.Bytes(),
					len(all), sum)
			}
			newest := map[int]int{}
			for i, v := range all {
				if got := r.At(len(all) - 1 - i); got != v.n {
					t.Fatalf("seed %d: value %d is %d, want %d", seed, i, got, v.n)
				}
				newest[v.id] = v.n
			}
			for id := range 30 {
				want, known := newest[id]
				if got, found := r.Find(fmt.Sprint(id)); found != known || got != want {
					t.Fatalf("seed %d: %d is %d, %v; want %d, %v", seed, id, got, found, want,
						known)
				}
			}
		}
	}
}

func TestARingWithoutRoomHoldsNothing(t *testing.T) {
	var r recall.Ring[int]
	r.Put("a", 1, 1)
	if _, found := r.Find("a"); found || r.Len() != 0 {
		t.Error("it has something")
	}
}

// A flood of what clients do wrong does not wash away what endpoints did.
func TestFailuresOfClientsDoNotTakeThePlaceOfOthers(t *testing.T) {
	var m recall.Memory[int]
	now := time.Unix(1, 0)
	add := func(id string, theirs bool, value int) {
		now = now.Add(time.Second)
		m.Add(id, now, 500, theirs, value)
	}
	add("endpoint", false, 1)
	for range 2 * recall.Most {
		add("client", true, 2)
	}
	add("client", true, 3)
	add("another endpoint", false, 4)
	for id, want := range map[string]int{"endpoint": 1, "client": 3, "another endpoint": 4} {
		if got, ok := m.Find(id); !ok || got != want {
			t.Errorf("%s is %d, want %d", id, got, want)
		}
	}
	if _, ok := m.Find("nobody"); ok {
		t.Error("one is found that never was")
	}
	if got := m.Last(3); !slices.Equal(got, []int{4, 3, 2}) {
		t.Errorf("the last are %v", got)
	}
	if got := m.Last(10 * recall.Most); len(got) != recall.Most+2 || got[len(got)-1] != 1 {
		t.Errorf("all are %d, the oldest %d", len(got), got[len(got)-1])
	}
}

// What is remembered is bounded in bytes as well, and a flood leaves the newest.
func TestWhatIsRememberedIsBoundedInBytes(t *testing.T) {
	var m recall.Memory[int]
	const size, times = 20 << 10, 2000
	for i := range times {
		m.Add(fmt.Sprint(i), time.Unix(int64(i), 0), size, i%2 == 0, i)
	}
	if n := len(m.Last(times)); n != 2*(recall.MostBytes/size) {
		t.Errorf("%d are remembered", n)
	}
	if _, ok := m.Find(fmt.Sprint(times - 1)); !ok {
		t.Error("the newest is forgotten")
	}
}
