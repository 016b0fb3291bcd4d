package admin_test

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/admin"
)

// slowReload is a service of which each reload takes until the test gives it a number, which is the
// receipt's.
type slowReload struct {
	*service
	finish  chan int
	begun   atomic.Int32
	running atomic.Int32
	t       *testing.T
}

func slow(t *testing.T) *slowReload {
	s := &slowReload{service: live(), finish: make(chan int), t: t}
	s.Reload, s.Rollback = s.change, s.change
	return s
}

func (s *slowReload) change(ctx context.Context) admin.Receipt {
	s.begun.Add(1)
	if s.running.Add(1) > 1 {
		s.t.Error("two changes at a time")
	}
	defer s.running.Add(-1)
	select {
	case id := <-s.finish:
		return admin.Receipt{ID: id, Result: admin.Applied}
	case <-ctx.Done():
		return admin.Receipt{Result: admin.Refused, Reason: admin.ReasonDraining}
	}
}

// ids are the numbers of the receipts that n requests were answered with, once all is over.
func ids(answers []*httptest.ResponseRecorder) map[int]int {
	got := map[int]int{}
	for _, w := range answers {
		var r admin.Receipt
		_ = json.Unmarshal(w.Body.Bytes(), &r)
		got[r.ID]++
	}
	return got
}

// TestReloadsThatWaitShareOne asks for a hundred reloads while one runs: they must not share that
// one, which may have read the file before it was written, and one more is enough for them all.
func TestReloadsThatWaitShareOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := slow(t)
		h := s.handler()
		answers := make([]*httptest.ResponseRecorder, 101)
		var all sync.WaitGroup
		all.Go(func() { answers[0] = do(h, "POST", "/reload") })
		synctest.Wait()
		for i := range 100 {
			all.Go(func() { answers[i+1] = do(h, "POST", "/reload") })
		}
		synctest.Wait()
		if n := s.begun.Load(); n != 1 {
			t.Fatalf("%d reloads have begun", n)
		}
		s.finish <- 1
		synctest.Wait()
		if n := s.begun.Load(); n != 2 {
			t.Fatalf("%d reloads have begun after the first", n)
		}
		// This one comes when the second has begun, so it is owed a third.
		var late *httptest.ResponseRecorder
		all.Go(func() { late = do(h, "POST", "/reload") })
		synctest.Wait()
		s.finish <- 2
		s.finish <- 3
		all.Wait()
		if got := ids(answers); got[1] != 1 || got[2] != 100 {
			t.Errorf("requests by receipt: %v", got)
		}
		if got := ids([]*httptest.ResponseRecorder{late}); got[3] != 1 || s.begun.Load() != 3 {
			t.Errorf("the late request: %v, after %d reloads", got, s.begun.Load())
		}
	})
}

func TestRollbacksAreNeverShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := slow(t)
		h := s.handler()
		answers := make([]*httptest.ResponseRecorder, 3)
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() { answers[i] = do(h, "POST", "/rollback") })
		}
		for id := 1; id <= 3; id++ {
			s.finish <- id
		}
		all.Wait()
		if got := ids(answers); got[1] != 1 || got[2] != 1 || got[3] != 1 {
			t.Errorf("requests by receipt: %v", got)
		}
	})
}

// TestAClientThatGoesAwayStopsNothing lets the client leave whose request the others have joined.
func TestAClientThatGoesAwayStopsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := slow(t)
		h := s.handler()
		var all sync.WaitGroup
		all.Go(func() { do(h, "POST", "/reload") })
		synctest.Wait()
		gone, leave := context.WithCancel(t.Context())
		all.Go(func() {
			defer func() { _ = recover() }() // the answer is broken off: nobody is there
			h.ServeHTTP(httptest.NewRecorder(),
				httptest.NewRequestWithContext(gone, "POST", "http://127.0.0.1/reload", nil))
		})
		synctest.Wait()
		var joined *httptest.ResponseRecorder
		all.Go(func() { joined = do(h, "POST", "/reload") })
		synctest.Wait()
		leave()
		s.finish <- 1
		s.finish <- 2
		all.Wait()
		if got := ids([]*httptest.ResponseRecorder{joined}); got[2] != 1 {
			t.Errorf("the one that stayed: %v %s", got, joined.Body)
		}
	})
}

func TestADefectDoesNotKeepTheOthersWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := slow(t)
		s.Reload = func(ctx context.Context) admin.Receipt {
			if r := s.change(ctx); r.ID != 2 {
				return r
			}
			panic("boom")
		}
		h := s.handler()
		answers := make([]*httptest.ResponseRecorder, 4)
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() { answers[i] = do(h, "POST", "/reload") })
			synctest.Wait()
		}
		s.finish <- 1
		s.finish <- 2
		all.Wait()
		statuses := map[int]int{}
		for _, w := range answers {
			statuses[w.Code]++
		}
		if statuses[200] != 1 || statuses[500] != 3 {
			t.Errorf("statuses %v", statuses)
		}
		all.Go(func() { s.finish <- 3 })
		if w := do(h, "POST", "/reload"); w.Code != 200 {
			t.Errorf("afterwards: status %d", w.Code)
		}
		all.Wait()
	})
}

func TestAChangeTakesHalfAMinuteAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		if w := do(slow(t).handler(), "POST", "/reload"); w.Code != 503 {
			t.Errorf("status %d", w.Code)
		}
		if took := time.Since(begin); took != 30*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}
