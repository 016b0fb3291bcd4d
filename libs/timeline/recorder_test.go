package timeline_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/libs/timeline"
)

// record runs a recorder until the returned function is called.
func record(t *testing.T, r *timeline.Recorder) (end func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- r.Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestWhatIsOfferedIsKept(t *testing.T) {
	t.Parallel()
	s := fresh(t, timeline.Options{})
	r := timeline.NewRecorder(s, logrus.New())
	end := record(t, r)
	for i := range 2500 {
		if !r.Offer(event(address(i%100), "a", timeline.Up)) {
			t.Fatal("refused")
		}
	}
	testkit.Eventually(t, "all is written", func() bool { return s.Stats().Events == 2500 })
	r.Offer(event(address(1), "a", timeline.Down))
	end() // before the pause is over
	if st := s.Stats(); st.Events != 2501 || r.Dropped() != 0 {
		t.Errorf("%+v, dropped %d", st, r.Dropped())
	}
}

func TestWhatHasNoRoomIsDroppedAndCounted(t *testing.T) {
	t.Parallel()
	s := fresh(t, timeline.Options{})
	r := timeline.NewRecorder(s, logrus.New()) // nobody writes
	taken := 0
	for range 20_000 {
		if r.Offer(event(address(1), "a", timeline.Up)) {
			taken++
		}
	}
	if taken != 10_000 || r.Dropped() != 10_000 {
		t.Errorf("taken %d, dropped %d", taken, r.Dropped())
	}
	if bad := event("", "a", timeline.Up); r.Offer(bad) || r.Dropped() != 10_001 {
		t.Error("an event without an endpoint was taken")
	}
}

func TestADiskThatFailsIsToldOfOnce(t *testing.T) {
	t.Parallel()
	s, err := timeline.Open(t.TempDir()+"/history.db", timeline.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil { // from now on each write fails
		t.Fatal(err)
	}
	var out bytes.Buffer
	log := logrus.New()
	log.SetOutput(&out)
	r := timeline.NewRecorder(s, log)
	end := record(t, r)
	for n := uint64(1); n <= 3; n++ {
		r.Offer(event(address(1), "a", timeline.Up))
		testkit.Eventually(t, "it is dropped", func() bool { return r.Dropped() == n })
	}
	end()
	if n := strings.Count(out.String(), "can't be written"); n != 1 {
		t.Errorf("told of %d times:\n%s", n, out.String())
	}
}
