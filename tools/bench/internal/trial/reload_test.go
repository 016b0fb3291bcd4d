package trial

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/gen"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/load"
)

func TestRequestsDuringAReloadAreToldApart(t *testing.T) {
	t.Parallel()
	start := time.Unix(1000, 0)
	ms := func(n int) time.Time { return start.Add(time.Duration(n) * time.Millisecond) }
	res := load.Result{Start: start}
	for i := range 100 { // windows of 10 ms with i requests each, in buckets of i nanoseconds
		res.Windows = append(res.Windows, gen.Counts{{uint32(min(i, 63)), uint32(i)}})
	}
	// The first touches windows 10 to 12, the second 50 alone.
	during, between := apart(res, 10*time.Millisecond, []time.Time{ms(105), ms(500)},
		[]time.Duration{20 * time.Millisecond, 5 * time.Millisecond})
	if want := int64(10 + 11 + 12 + 50); during.Requests != want ||
		between.Requests != 99*100/2-want {
		t.Errorf("%d and %d requests, want %d during reloads", during.Requests, between.Requests,
			want)
	}
	if during.P99 != 50 || during.P50 != 50 || between.P50 != 63 {
		t.Errorf("during %+v, between %+v", during, between)
	}
}

func TestReceiptsAreReadFromTheStatus(t *testing.T) {
	t.Parallel()
	body :=
		`{"reloads":[{"time":"2026-01-02T03:04:05Z","trigger":"start","result":"applied","duration_ms":9},
		{"time":"2026-01-02T03:04:06Z","trigger":"file","result":"applied","duration_ms":120.5}]}`
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/status" {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = w.Write([]byte(body))
	}))
	defer s.Close()
	admin := strings.TrimPrefix(s.URL, "http://")
	began, took, err := receipts(t.Context(), admin, 1)
	if err != nil || len(began) != 1 || began[0].Second() != 6 ||
		took[0] != 120500*time.Microsecond {
		t.Errorf("%v, %v, %v", began, took, err)
	}
	if _, _, err := receipts(t.Context(), admin, 2); err == nil ||
		!strings.Contains(err.Error(), "1 reloads, want 2") {
		t.Errorf("%v", err)
	}
	body = `{"reloads":[{"trigger":"file","result":"refused","message":"no such cluster"}]}`
	if _, _, err := receipts(t.Context(), admin, 1); err == nil ||
		!strings.Contains(err.Error(), "refused: no such cluster") {
		t.Errorf("%v", err)
	}
}
