package timeline_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/timeline"
)

func TestTheOldestGiveWay(t *testing.T) {
	t.Parallel()
	s := fresh(t, timeline.Options{MaxEvents: 5})
	for i := range 12 {
		appendAll(t, s, event(address(i), "a", timeline.Up))
	}
	if got, _ := ids(t, s, timeline.Query{}); !slices.Equal(got, []uint64{12, 11, 10, 9, 8}) {
		t.Error(got)
	}
	if got, _ := ids(t, s, timeline.Query{Cluster: "users", Endpoint: address(0)}); got != nil {
		t.Errorf("the index still has %v", got)
	}
	if st := s.Stats(); st.Events != 5 || st.Endpoints != 5 || st.Newest != 12 {
		t.Errorf("%+v", st)
	}
}

func TestBytesAreBoundedAsWell(t *testing.T) {
	t.Parallel()
	s := fresh(t, timeline.Options{MaxBytes: 10_000})
	for range 100 {
		e := event(address(1), "a", timeline.Up)
		e.Reason = strings.Repeat("x", 500)
		appendAll(t, s, e)
		if st := s.Stats(); st.Bytes > 10_000 {
			t.Fatalf("%+v", st)
		}
	}
	if st := s.Stats(); st.Bytes < 9_000 || st.Newest != 100 {
		t.Errorf("%+v", st)
	}
}

func TestANoisyEndpointDoesNotPushOutTheOthers(t *testing.T) {
	t.Parallel()
	s := fresh(t, timeline.Options{MaxEvents: 100, MaxPerEndpoint: 10})
	appendAll(t, s, event(address(1), "a", timeline.Up))
	for range 500 {
		appendAll(t, s, event(address(2), "a", timeline.Down))
	}
	quiet, _ := ids(t, s, timeline.Query{Cluster: "users", Endpoint: address(1)})
	noisy, _ := ids(t, s, timeline.Query{Cluster: "users", Endpoint: address(2)})
	if len(quiet) != 1 || len(noisy) != 10 || noisy[0] != 501 || noisy[9] != 492 {
		t.Errorf("quiet %v, noisy %v", quiet, noisy)
	}
}

// Whatever is appended in whatever batches, the store holds what a plain list would, also
// after it was closed and opened, with other limits too.
func TestTheRingIsWhatAListWouldBe(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 1))
		path := filepath.Join(t.TempDir(), "history.db")
		o := timeline.Options{MaxEvents: 1 + r.IntN(60), MaxPerEndpoint: 1 + r.IntN(20)}
		s, err := timeline.Open(path, o)
		if err != nil {
			t.Fatal(err)
		}
		var list []timeline.Event
		id := uint64(0)
		for range 60 {
			batch := make([]timeline.Event, r.IntN(12))
			for i := range batch {
				batch[i] = event(address(r.IntN(8)), "a", timeline.State(r.IntN(3)))
			}
			appendAll(t, s, batch...)
			for _, e := range batch {
				id++
				e.ID = id
				list = append(list, e)
				same := func(x timeline.Event) bool { return x.Endpoint == e.Endpoint }
				n := 0
				for _, x := range list {
					if same(x) {
						n++
					}
				}
				if n > o.MaxPerEndpoint {
					first := slices.IndexFunc(list, same)
					list = slices.Delete(list, first, first+1)
				}
			}
			if over := len(list) - o.MaxEvents; over > 0 {
				list = list[over:]
			}
			if r.IntN(10) == 0 {
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
				if s, err = timeline.Open(path, o); err != nil {
					t.Fatal(err)
				}
			}
			var want []uint64
			for _, e := range slices.Backward(list) {
				want = append(want, e.ID)
			}
			if got, _ := ids(t, s, timeline.Query{Limit: 1000}); !slices.Equal(got, want) {
				t.Fatalf("seed %d: %v, want %v", seed, got, want)
			}
			if st := s.Stats(); st.Events != len(list) || len(list) > 0 && st.Newest != id {
				t.Fatalf("seed %d: %+v, want %d events", seed, st, len(list))
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheFileDoesNotGrowForEver(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "history.db")
	const limit = 2 << 20
	s := open(t, path, timeline.Options{MaxBytes: limit, MaxPerEndpoint: 1 << 30})
	var written int64
	for i := range 120 {
		batch := make([]timeline.Event, 1000)
		for j := range batch {
			batch[j] = event(address(i*7+j%50), "edge-1", timeline.Weak)
			batch[j].Reason = strings.Repeat("x", 100)
			written += 200
		}
		appendAll(t, s, batch...)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if written < 10*limit || s.Stats().Bytes < limit*9/10 || info.Size() > 3*limit+(2<<20) {
		t.Errorf("%d bytes written, %d kept, the file has %d", written, s.Stats().Bytes,
			info.Size())
	}
}

func TestReadersAndWritersDoNotDisturbEachOther(t *testing.T) {
	t.Parallel()
	s := fresh(t, timeline.Options{MaxEvents: 200})
	var group sync.WaitGroup
	for w := range 2 {
		group.Go(func() {
			for i := range 40 {
				if err := s.Append(event(address(i%5), "a", timeline.State(w)),
					event(address(i%5), "b", timeline.State(w))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 2 {
		group.Go(func() {
			for range 100 {
				events, _, err := s.Events(timeline.Query{Limit: 1000})
				if err != nil {
					t.Error(err)
				}
				for i := 1; i < len(events); i++ {
					if events[i].ID != events[i-1].ID-1 {
						t.Errorf("%d follows %d", events[i].ID, events[i-1].ID)
					}
				}
				if _, err := s.Flapping(time.Time{}, 1); err != nil {
					t.Error(err)
				}
				_ = s.Stats()
			}
		})
	}
	group.Wait()
	if st := s.Stats(); st.Newest != 160 || st.Events != 160 {
		t.Errorf("%+v", st)
	}
}
