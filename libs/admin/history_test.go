package admin_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/config"
)

func TestHistoryKeepsTheLastReceiptsNewestFirst(t *testing.T) {
	var h admin.History
	if len(h.List()) != 0 || h.LastError() != nil {
		t.Error("an empty history is not empty")
	}
	for i := 1; i <= 40; i++ {
		if r := h.Add(admin.Receipt{Result: admin.Applied}); r.ID != i {
			t.Fatalf("receipt %d has the number %d", i, r.ID)
		}
	}
	got := h.List()
	if len(got) != 32 || got[0].ID != 40 || got[31].ID != 9 {
		t.Errorf("%d receipts, from %d to %d", len(got), got[0].ID, got[len(got)-1].ID)
	}
	h.Add(admin.Receipt{})
	if got[0].ID != 40 {
		t.Error("a list that was given out has changed")
	}
}

func TestTimesHaveAsManyDigitsAsAnybodyReads(t *testing.T) {
	at := time.Date(2026, 1, 2, 4, 4, 5, 123_456_789, time.FixedZone("", 3600))
	for _, v := range []any{
		admin.Receipt{Time: at, DurationMS: 0.0078839},
		admin.Explanation{Time: at, DurationMS: 0.0078839},
	} {
		b, err := json.Marshal(v)
		if err != nil || !strings.Contains(string(b), `"time":"2026-01-02T03:04:05.123Z"`) ||
			!strings.Contains(string(b), `"duration_ms":0.008`) {
			t.Errorf("%s, %v", b, err)
		}
	}
}

func TestLastErrorStaysUntilAChangeSucceeds(t *testing.T) {
	refused := admin.Receipt{Result: admin.Refused, Reason: admin.ReasonInvalid}
	for _, c := range []struct {
		name  string
		after admin.Receipt
		want  int // the number of the last error; 0 is none
	}{
		{"applied", admin.Receipt{Result: admin.Applied}, 0},
		{"unchanged", admin.Receipt{Result: admin.Unchanged}, 0},
		{"refused again", admin.Receipt{Result: admin.Refused, Reason: admin.ReasonRead}, 2},
		{"rolled back", admin.Receipt{Result: admin.RolledBack}, 1},
		{
			"nothing to return to",
			admin.Receipt{Result: admin.Refused, Reason: admin.ReasonNothing}, 1,
		},
		{"draining", admin.Receipt{Result: admin.Refused, Reason: admin.ReasonDraining}, 1},
	} {
		var h admin.History
		h.Add(refused)
		h.Add(c.after)
		got := 0
		if e := h.LastError(); e != nil {
			got = e.ID
		}
		if got != c.want {
			t.Errorf("%s: the last error is %d, want %d", c.name, got, c.want)
		}
	}
}

func TestLongListsAreCutInTheHistoryOnly(t *testing.T) {
	var h admin.History
	r := admin.Receipt{Result: admin.Refused, Reason: admin.ReasonInvalid}
	for i := range 10_000 {
		r.Routes.Added = append(r.Routes.Added, fmt.Sprint(i))
		r.Problems = append(r.Problems, config.Problem{Line: i})
	}
	if got := h.Add(r); len(got.Routes.Added) != 10_000 || len(got.Problems) != 10_000 ||
		got.Omitted != 0 {
		t.Error("the receipt itself is cut")
	}
	for _, kept := range []admin.Receipt{h.List()[0], *h.LastError()} {
		if len(kept.Routes.Added) != 100 || kept.Routes.Added[99] != "99" ||
			len(kept.Problems) != 100 || kept.Omitted != 19_800 {
			t.Errorf("%d routes, %d problems, %d omitted", len(kept.Routes.Added),
				len(kept.Problems), kept.Omitted)
		}
	}
}

func TestHistoryIsSafeForManyGoroutines(t *testing.T) {
	var h admin.History
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				h.Add(admin.Receipt{Result: admin.Refused})
				_, _ = h.List(), h.LastError()
			}
		})
	}
	all.Wait()
	if h.List()[0].ID != 800 {
		t.Errorf("the last number is %d", h.List()[0].ID)
	}
}
